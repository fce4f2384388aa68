package membership

import (
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// requested is what LIST-request@ and help@ were sent, understood: a word, or settings of the list.
type requested struct {
	word string
	set  []setting
}

// line understands one line, as people know it from Mailman, mlmmj and Majordomo. A sentence is no command: "Leave the gate open" takes
// nobody off a list.
func (r *requested) line(line string, l *lists.List) bool {
	words := strings.Fields(strings.ToLower(strings.Trim(line, " \t\r\"'.!")))
	switch phrase := strings.Join(words, " "); phrase {
	case "leave", "unsubscribe", "remove", "signoff":
		r.word = "leave"
	case "join", "subscribe":
		r.word = "join"
	case "help", "info", "lists", "commands":
		r.word = "help"
	case "which", "whoami", "who am i", "show":
		r.word = "which"
	case "who", "review", "members":
		r.word = "who"
	case "settings", "options", "set":
		r.word = "settings"
	case "my data", "mydata", "export":
		r.word = "my-data"
	case "forget me", "forget", "delete me", "erase me":
		r.word = "forget"
	default:
		// Mailman takes a password, a list and more behind its words. A password changes nothing here.
		known := len(words) == 2 && (words[0] == "subscribe" || words[0] == "unsubscribe") && l != nil && (words[1] == l.Local || words[1] == l.Address().String())
		if known {
			return r.line(words[0], l)
		}
		r.set = mailmanSet(words, l)
	}
	return r.word != "" || len(r.set) > 0
}

// mailmanSet reads Mailman's "set digest plain" and its kin as settings of the list.
func mailmanSet(words []string, l *lists.List) []setting {
	if l == nil || len(words) < 2 || words[0] != "set" || len(words) > 3 {
		return nil
	}
	one := func(d lists.Delivery) []setting {
		return []setting{{what: templates.SetDelivery, word: string(d), list: l.Local}}
	}
	value := strings.Join(words[2:], " ")
	switch words[1] {
	case "digest", "digests":
		switch value {
		case "", "on":
			return one(lists.Digest)
		case "off":
			return one(lists.Each)
		case "plain":
			return append(one(lists.Digest), setting{what: templates.SetFormat, word: lists.FormatText})
		case "mime":
			return append(one(lists.Digest), setting{what: templates.SetFormat, word: lists.FormatMIME})
		}
	case "nodigest", "mail", "delivery", "nomail":
		off := words[1] == "nomail"
		switch value {
		case "", "on":
		case "off":
			off = !off
		default:
			return nil
		}
		if off {
			return one(lists.None)
		}
		return one(lists.Each)
	case "hide":
		shown := map[string]string{"": "hide", "on": "hide", "off": "show"}[value]
		return []setting{{what: templates.SetAddressShown, word: shown}}
	case "ack", "myposts":
		if value == "on" || value == "off" {
			return []setting{{what: templates.SetOwnCopy, word: value}}
		}
	}
	return nil
}

// requests reads what a letter to LIST-request@ or help@ asks for: alone in the subject, or alone on the first line. wrong is a line that
// begins like a setting and is none.
func requests(in *lists.Incoming) (r requested, wrong string) {
	body, _, _ := strings.Cut(strings.TrimSpace(in.Letter.NewText().Text), "\n")
	for _, line := range []string{bareSubject(in.Letter.Subject()), strings.TrimSpace(body)} {
		if r.line(line, in.List) {
			return r, ""
		}
	}
	for _, line := range []string{in.Letter.Subject(), body} {
		if first, rest, _ := strings.Cut(strings.ToLower(strings.TrimSpace(line)), " "); first == "set" && rest != "" {
			return r, strings.TrimSpace(line)
		}
	}
	return r, ""
}

// request does what a member asks for at help@ and LIST-request@ that is no wish; false when it is for help.
func (k *Clerk) request(tx *db.Tx, in *lists.Incoming) (done bool, err error) {
	if in.Name.Word != "help" && in.Name.Word != "request" {
		return false, nil
	}
	r, wrong := requests(in)
	if wrong != "" {
		return true, k.page(tx, in, templates.Settings{Wrong: wrong}, "a word of another list program that is none here")
	}
	return k.do(tx, in, r)
}

// do does what was understood and is no wish; false when it is for help.
func (k *Clerk) do(tx *db.Tx, in *lists.Incoming, r requested) (done bool, err error) {
	switch {
	case len(r.set) > 0 && in.Verdict != lists.Verified:
		return true, k.page(tx, in, templates.Settings{Unsure: true}, "a letter about settings that nobody vouches for")
	case len(r.set) > 0:
		return true, k.change(tx, in, r.set)
	case r.word == "settings":
		return true, k.page(tx, in, templates.Settings{}, "a member asked for their settings")
	case r.word == "forget" && k.Rooms.Letters != nil:
		return true, k.askForget(tx, in, "")
	case r.word == "which":
		return true, k.which(tx, in)
	case r.word == "who" && in.List != nil:
		return true, k.who(tx, in)
	}
	return false, nil
}

// which tells a member who they are here: under which name and addresses, and on which lists.
func (k *Clerk) which(tx *db.Tx, in *lists.Incoming) error {
	if err := in.Filed(tx, "a member asked which addresses and lists are theirs"); err != nil {
		return err
	}
	var t templates.Settings
	if err := fillSettings(tx, in.Community, in.Sender, &t); err != nil {
		return err
	}
	on := slices.DeleteFunc(t.Lists, func(l templates.ListSetting) bool { return l.Delivery == "" })
	door, err := k.settingsDoor(tx, in.Community, in.Sender)
	if err != nil {
		return err
	}
	words, err := templates.Which{
		Community: in.Community.Name, Name: t.Name, From: in.From.Address.String(), Addresses: t.Addresses, Lists: on,
		Manager: in.Sender.Manager(), Answer: door.Address.String(),
	}.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Asks, words)
	mail.ReplyTo, mail.Answer = door, "help"
	return k.Office.SendIfDue(tx, mail)
}

// who tells a manager for whom a domain vouches who is on a list; and those who are on it, where the list wants that, the names. The answer
// goes to a confirmed address, whoever asked. Others hear who can see that.
func (k *Clerk) who(tx *db.Tx, in *lists.Incoming) error {
	if err := in.Filed(tx, "a member asked who is on a list"); err != nil {
		return err
	}
	t := templates.Roster{Community: in.Community.Name, List: in.List.Title(), Managers: in.Community.Address("managers").String()}
	_, on, err := lists.SubscriptionOf(tx, in.Sender.ID, in.List.ID)
	if err != nil {
		return err
	}
	t.Shown = in.Sender.Manager() && in.Verdict == lists.Verified
	open := in.List.Rules.Roster == lists.ForMembers
	t.Named, t.Inside = open && on && !t.Shown, open && !on
	if t.Shown || t.Named {
		if err := fillRoster(tx, in, &t); err != nil {
			return err
		}
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	return k.reply(tx, in, words, "help")
}

// fillRoster lists who is on a list, for a manager with addresses, for a member without, but for those who agree. A name that is an address is
// none.
func fillRoster(tx *db.Tx, in *lists.Incoming, t *templates.Roster) error {
	all, err := lists.Members(tx, in.Community.ID)
	if err != nil {
		return err
	}
	for _, m := range all {
		s, on, err := lists.SubscriptionOf(tx, m.ID, in.List.ID)
		if err != nil {
			return err
		}
		switch {
		case !on || !belongs(m):
		case t.Shown:
			t.People = append(t.People, templates.RosterLine{Who: letter.Mailbox{Name: m.Name, Address: m.Address}.String(), Delivery: templates.Delivery(s.Delivery)})
		case m.Listed && (m.Name == "" || strings.Contains(m.Name, "@")):
			t.Names = append(t.Names, m.Address.String())
		case m.Listed:
			t.Names = append(t.Names, m.Mailbox().String())
		case m.Name == "" || strings.Contains(m.Name, "@"):
			t.Nameless++
		default:
			t.Names = append(t.Names, m.Name)
		}
	}
	slices.SortFunc(t.Names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return nil
}

// data has a member's own data mailed to their first address.
func (k *Clerk) data(tx *db.Tx, in *lists.Incoming) error {
	if k.Export == nil {
		return k.help(tx, in)
	}
	if err := in.Filed(tx, "a member asked for their own data"); err != nil {
		return err
	}
	return k.Export(tx, in)
}
