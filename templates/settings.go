package templates

import "time"

// Setting is what a member can set by a word.
type Setting string

// The settings.
const (
	SetPage     Setting = "page"     // nothing: show all
	SetPeriod   Setting = "period"   // how often the digest comes
	SetDay      Setting = "day"      // on which day of the week
	SetHour     Setting = "hour"     // at which hour
	SetZone     Setting = "zone"     // in which time zone
	SetLanguage Setting = "language" // in which language our mails are
	SetFormat   Setting = "format"   // in which form
	SetMin      Setting = "min"      // from how many new posts on
	SetDelivery Setting = "delivery" // how the posts of a list, or of all, come
	SetFollow   Setting = "follow"   // a tag
	SetUnfollow Setting = "unfollow"
	SetMute     Setting = "mute" // a tag or a thread
	SetUnmute   Setting = "unmute"
	SetVacation Setting = "vacation"

	SetName          Setting = "name"           // by which others see the member
	SetOwnCopy       Setting = "own-copy"       // of their own posts
	SetIntro         Setting = "introduce"      // whether digests name them among the new ones
	SetGreet         Setting = "greet"          // whether they may be asked to greet new members
	SetHello         Setting = "hello"          // whether managers may ask how they are when they are silent
	SetAddress       Setting = "address"        // mail goes to another one, when that has said YES
	SetAddressAdd    Setting = "address-add"    // one more to write from, when that has said YES
	SetAddressFirst  Setting = "address-first"  // mail goes to another of their own
	SetAddressRemove Setting = "address-remove" // one less
	SetAddressShown  Setting = "address-shown"  // beside their name, to members who see who is on a list: show or hide
)

// SettingDone is one change that was made, with what holds now.
type SettingDone struct {
	What     Setting
	Value    string    `optional:"the tag, the language, the number of posts, the name, the address"`
	Thread   int       `optional:"that is muted, or not any more"`
	From, To time.Time `optional:"the first and the last day of a vacation; none, they are back"`
	Slot     *Slot     `optional:"when the digest comes now, of what changes that"`
	List     string    `optional:"the list's name, of a delivery; without, all of them"`
	Delivery Delivery  `optional:"of a delivery, and of a period"`
	Same     bool      // it was so already
	Undo     string    `optional:"the word that brings back what was before"`
}

// Settings shows a member all that they can set, each with what holds now and the words that change it. Its Reply-To is the address at
// which those words are heard.
type Settings struct {
	Community string
	Done      []SettingDone `optional:"what was changed just now"`
	Wrong     string        `optional:"the line that was not understood"`
	Why       Sentence      `optional:"why nothing could be changed"`
	Unsure    bool          // nobody vouched for the letter that asked: nothing was changed
	Slot      Slot          // when the digest comes, or would come
	Digest    bool          // they get one
	Format    string        // alt, text, mime, rfc1153
	MinPosts  int           // from how many new posts on
	Lists     []ListSetting `optional:"the lists they may be on"`
	Follows   []string      `optional:"tags, without #"`
	Muted     []string      `optional:"tags, without #, and numbers of threads"`
	Away      time.Time     `optional:"the first day of a vacation, in their zone"`
	Back      time.Time     `optional:"when it ends"`
	Name      string        `optional:"how the member is called here"`
	Addresses []string      `optional:"the member's own; the one that mail goes to first"`
	OwnCopy   bool          // they get their own posts, too
	Listed    bool          // members who see who is on a list see their address
	Intro     string        `optional:"of a new member: on, off or posted, whether digests name them among the new ones"`
	Greets    string        `optional:"on or off: whether they may be asked to greet new members; empty, nobody asks them"`
	Alone     bool          // managers get no draft of a hello to them when they are silent
	Answer    string        // where the words are heard
	Leave     string        `optional:"how to leave altogether"`
}

// ListSetting is one list and how it comes.
type ListSetting struct {
	Name     string
	Word     string   // the list's local part, by which it is meant
	Delivery Delivery `optional:"without, they are not on it"`
}

// Render writes the mail.
func (t Settings) Render() (Mail, error) { return render("settings", t) }
