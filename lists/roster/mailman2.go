package roster

import (
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"backchannel/templates/refusal"
)

// The options of a member of Mailman 2 that mean something here (Mailman/Defaults.py).
const (
	mailman2Disabled = 1 // before version 2.1 kept delivery_status
	mailman2NoOwn    = 2
)

// mailman2Stops are the reasons why Mailman 2 sends a member nothing.
var mailman2Stops = map[int64]string{1: "for a reason not known", 2: "by their own wish", 3: "by the administrator", 4: "because mail came back"}

// ReadMailman2 reads the config.pck of a list of Mailman 2.1, a pickle, without running it. Passwords in it are not looked at.
func ReadMailman2(in io.Reader) (Roster, error) {
	b, err := io.ReadAll(io.LimitReader(in, MostBytes+1))
	if err != nil {
		return Roster{}, refusal.Because(refusal.Invalid, "The file cannot be read.").From(err)
	}
	if len(b) > MostBytes {
		return Roster{}, tooBig()
	}
	v, err := unpickle(b)
	d, is := v.(*pyDict)
	if err != nil || !is || d.byName["members"] == nil || d.byName["digest_members"] == nil {
		return Roster{}, refusal.Because(refusal.Malformed, "This is no config.pck of Mailman 2.").From(err)
	}
	r, seen := Roster{Kind: "a list of Mailman 2"}, map[string]int{}
	r.mailman2Members(d, "members", Each, seen)
	r.mailman2Members(d, "digest_members", Digest, seen)
	for _, office := range []string{"owner", "moderator"} {
		l, _ := d.byName[office].(*pyList)
		if l == nil {
			continue
		}
		for _, it := range l.items {
			address, _ := it.(string)
			p, err := person(0, text(address), "")
			if err != nil {
				r.leave(0, text(address), "no mail address, named as %s", office)
				continue
			}
			p.Managed, p.Subscribed = true, false
			r.add(p, seen)
		}
	}
	if bans, _ := d.byName["ban_list"].(*pyList); bans != nil {
		for _, it := range bans.items {
			if s, is := it.(string); is {
				r.leave(0, text(s), "was banned there")
			}
		}
	}
	return r, nil
}

// mailman2Members reads the members of one kind: the key is the address in small letters, the value 0 or the address as they write it.
func (r *Roster) mailman2Members(d *pyDict, field string, delivery Delivery, seen map[string]int) {
	members, _ := d.byName[field].(*pyDict)
	if members == nil {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(members.byName)) {
		address := key
		if written, is := members.byName[key].(string); is && written != "" {
			address = written
		}
		name, _ := d.about("usernames", key).(string)
		p, err := person(0, text(address), text(name))
		if err != nil {
			r.leave(0, text(address), "no mail address")
			continue
		}
		p.Delivery = delivery
		options, _ := d.about("user_options", key).(int64)
		p.NoOwnCopy = options&mailman2NoOwn != 0
		stopped, _ := d.about("delivery_status", key).(*pyList)
		switch {
		case stopped != nil && len(stopped.items) > 0:
			if n, _ := stopped.items[0].(int64); mailman2Stops[n] != "" {
				p.Delivery = None
				r.doubt(0, p.Address.String(), "mail to them had stopped %s; they are taken without mail", mailman2Stops[n])
			}
		case options&mailman2Disabled != 0:
			p.Delivery = None
		}
		r.add(p, seen)
	}
}

// about is what one of the dictionaries about members says of one.
func (d *pyDict) about(field, key string) any {
	if all, is := d.byName[field].(*pyDict); is {
		return all.byName[key]
	}
	return nil
}

// text is a string of a pickle as UTF-8: Python 2 kept bytes, mostly Latin ones.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return fromWindows([]byte(s))
}
