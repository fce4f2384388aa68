package desk

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/membership"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// settings hangs in the page on which a member changes what they get. It does what the words of a mail about settings do, and no more.
func (p *Pages) settings() {
	p.web.Handle("GET "+settingsPath, p.seen(func(tx *db.Tx, v visitor, _ *http.Request) (page, error) {
		return choices(tx, v, templates.ChoicesPage{})
	}))
	p.web.Handle("POST "+settingsPath, p.deed(settingsPath, p.choose))
}

// place is a member in one of their communities.
type place struct {
	lists.Community
	member lists.Member
}

func placesOf(tx *db.Tx, v visitor) (all []place, err error) {
	for _, m := range v.here {
		c, err := lists.CommunityByID(tx, m.Community)
		if err != nil {
			return nil, err
		}
		all = append(all, place{c, m})
	}
	return all, nil
}

// choices fills the page with what holds now.
func choices(tx *db.Tx, v visitor, shown templates.ChoicesPage) (page, error) {
	here := v.here
	v.here = nil
	for _, m := range here { // as they are after a change
		now, err := lists.MemberByID(tx, m.ID)
		if err != nil {
			return nil, err
		}
		v.here = append(v.here, now)
	}
	places, err := placesOf(tx, v)
	if err != nil {
		return nil, err
	}
	shown.Room = v.room
	shown.In = templates.Language(places[0].member.Tongue(places[0].Community))
	for _, at := range places {
		one, err := choicesIn(tx, at)
		if err != nil {
			return nil, err
		}
		shown.All = append(shown.All, one)
	}
	return shown, nil
}

func choicesIn(tx *db.Tx, at place) (one templates.Choices, err error) {
	pref, err := lists.DigestPrefOf(tx, at.member.ID)
	if err != nil {
		return one, err
	}
	subs, err := lists.Subscriptions(tx, at.member.ID)
	if err != nil {
		return one, err
	}
	one = templates.Choices{
		Domain: at.Domain, Community: at.Name, Help: at.Address("help").String(), Leave: at.Address("leave").String(),
		Slot:   templates.Slot{Period: templates.Period(pref.Period), Weekday: pref.Weekday, Hour: pref.Hour, Zone: at.member.Zone(at.Community).String()},
		Tongue: templates.Language(at.member.Tongue(at.Community)), OwnCopy: at.member.OwnCopy, Listed: at.member.Listed,
	}
	if one.Greets, err = membership.AskedToGreet(tx, at.Community, at.member); err != nil {
		return one, err
	}
	if at.member.New(tx.Now) {
		one.Intro = at.member.IntroOK.Word()
	}
	for _, s := range subs {
		l, err := lists.ListByID(tx, s.List)
		if err != nil {
			return one, err
		}
		one.Digest = one.Digest || s.Delivery == lists.Digest
		one.Lists = append(one.Lists, templates.ListChoice{Local: l.Local, Name: l.Title(), Delivery: templates.Delivery(s.Delivery)})
	}
	return one, nil
}

// choose makes a change, and shows what holds then with a button that takes it back.
func (p *Pages) choose(tx *db.Tx, v visitor, form url.Values) (page, error) {
	places, err := placesOf(tx, v)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(places, func(at place) bool { return at.Domain == form.Get("in") })
	if i < 0 {
		return nil, notHere()
	}
	at := places[i]
	if form.Get("do") == "leave" {
		return p.leaveOne(tx, v, at, form.Get("list"))
	}
	line, ok := lineOf(tx, at, form)
	if form.Get("do") == "undo" {
		line = form.Get("undo")
		ok = p.fresh(sealed(v, at, line), form.Get("seal"))
	}
	if !ok {
		return choices(tx, v, templates.ChoicesPage{})
	}
	shown := templates.ChoicesPage{Domain: at.Domain}
	shown.Undo, err = p.clerk.Change(tx, at.Community, at.member, line)
	if r, is := refusal.As(err); is && !r.Kind.Temporary() {
		return choices(tx, v, templates.ChoicesPage{Why: r})
	}
	if err != nil {
		return nil, err
	}
	shown.Done, shown.Same, shown.Seal = shown.Undo != "", shown.Undo == "", p.nonce(sealed(v, at, shown.Undo), p.now())
	return choices(tx, v, shown)
}

// sealed is what the button is about that takes a change back: nobody else's words are taken from it.
func sealed(v visitor, at place, line string) string {
	return v.secret + "\n" + at.Domain + "\n" + line
}

// leaveOne takes somebody off a list. Who may come back alone gets a button for it; the mail names the way for all.
func (p *Pages) leaveOne(tx *db.Tx, v visitor, at place, local string) (page, error) {
	s, err := shelfAt(tx, v, at.Domain, local)
	if err != nil {
		return nil, err
	}
	sub, _, err := lists.SubscriptionOf(tx, at.member.ID, s.list.ID)
	if err != nil {
		return nil, err
	}
	if err := p.clerk.LeaveList(tx, at.Community, at.member, s.list.ID); err != nil {
		return nil, err
	}
	shown := templates.ChoicesPage{Left: s.list.Title(), Domain: at.Domain}
	if s.list.Join == lists.JoinOpen {
		shown.Undo = s.list.Local + " " + strings.ToUpper(string(sub.Delivery))
		shown.Seal = p.nonce(sealed(v, at, shown.Undo), p.now())
	}
	return choices(tx, v, shown)
}

// zoneLike is what a zone's name is made of: nothing by which a second word could be said.
var zoneLike = regexp.MustCompile(`^[A-Za-z0-9_+/ -]{1,40}$`)

// lineOf is a form in the words of a mail; false for a form that is none of ours.
func lineOf(tx *db.Tx, at place, form url.Values) (string, bool) {
	one := func(name string, of ...string) string {
		if slices.Contains(of, form.Get(name)) {
			return form.Get(name)
		}
		return ""
	}
	switch form.Get("do") {
	case "delivery":
		d := one("delivery", "each", "digest", "none")
		l, ok, err := lists.ListByName(tx, at.ID, form.Get("list"))
		return l.Local + " " + d, err == nil && ok && d != ""
	case "digest":
		return slotLine(tx, at, one("period", templates.Choices{}.Periods()...), form)
	case "you":
		l, own, zone := form.Get("language"), one("own", "ON", "OFF"), form.Get("zone")
		_, known := templates.ParseLanguage(l)
		line := "ZONE " + zone + "; LANGUAGE " + l + "; OWN COPY " + own
		if shown := one("shown", "SHOW", "HIDE"); shown != "" {
			line += "; ADDRESS " + shown
		}
		if greet := one("greet", "ON", "OFF"); greet != "" { // only those are asked who may be asked to greet
			line += "; GREET " + greet
		}
		if intro := one("introduce", templates.Choices{}.Intros()...); intro != "" { // only new members are asked
			line += "; INTRODUCE " + intro
		}
		return line, known && len(l) == 2 && own != "" && zoneLike.MatchString(zone)
	}
	return "", false
}

// slotLine says when the digest comes. A period is only said when it is another: whoever says one wants a digest of every list.
func slotLine(tx *db.Tx, at place, period string, form url.Values) (string, bool) {
	day := ""
	for _, d := range (templates.Choices{}).Weekdays() {
		if form.Get("weekday") == d.String() {
			day = d.String()
		}
	}
	hour := form.Get("hour")
	pref, err := lists.DigestPrefOf(tx, at.member.ID)
	if err != nil || period == "" || day == "" || !hourLike.MatchString(hour) {
		return "", false
	}
	line := "DAY " + day + " " + hour
	if period != pref.Period {
		line = period + "; " + line
	}
	return line, true
}

var hourLike = regexp.MustCompile(`^(1?[0-9]|2[0-3])$`)
