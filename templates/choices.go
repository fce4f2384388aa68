package templates

import "time"

// ListChoice is how one list comes to a member.
type ListChoice struct {
	Local    string // its local part
	Name     string
	Delivery Delivery
}

// Choices are a member's settings in one community.
type Choices struct {
	Domain    string // its mail domain
	Community string
	Help      string // where SETTINGS is written to
	Leave     string // where one leaves altogether
	Slot      Slot
	Digest    bool // there is a list that comes in it
	Tongue    Language
	OwnCopy   bool
	Lists     []ListChoice `optional:"that the member is on"`
	Listed    bool         // members who see who is on a list see their address
	Greets    string       `optional:"on or off: whether they may be asked to greet new members; empty, nobody asks them"`
	Intro     string       `optional:"of a new member: on, off or posted, whether digests name them among the new ones"`
}

// Weekdays and Hours are what can be chosen, and Tongues.
func (Choices) Weekdays() []time.Weekday {
	return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
}

// Hours are those of a day.
func (Choices) Hours() (all []int) {
	for h := range 24 {
		all = append(all, h)
	}
	return all
}

// Periods are how often a digest can come.
func (Choices) Periods() []string { return []string{"daily", "weekly", "monthly"} }

// Tongues are the languages of our mails.
func (Choices) Tongues() []Language { return Languages() }

// Intros are what a new member can choose about being named in digests.
func (Choices) Intros() []string { return []string{"posted", "on", "off"} }

// Deliveries are the ways in which a list can come.
func (Choices) Deliveries() []Delivery { return []Delivery{EachPost, InDigest, NoMail} }

// ChoicesPage shows a member's settings and changes them.
type ChoicesPage struct {
	Room
	All    []Choices
	Done   bool     // something was changed
	Same   bool     // it was so already
	Why    Sentence `optional:"why nothing could be changed"`
	Left   string   `optional:"the list that was left"`
	Undo   string   `optional:"the words that take it back"`
	Seal   string   `optional:"proves that those are ours"`
	Domain string   `optional:"the community in which it was"`
}

// Render writes the page.
func (p ChoicesPage) Render() ([]byte, error) {
	return renderRoom("choices", p.Room, p.titleOf("choices"), p)
}
