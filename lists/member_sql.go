package lists

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

const memberColumns = "m.id, m.community, m.name, m.role, m.kind, m.state, m.trust, m.timezone, m.language, m.own_copy, m.listed, m.intro_ok, m.epoch, m.joined, a.local, a.domain"
const memberFrom = " FROM member AS m JOIN member_address AS a ON a.member = m.id AND a.main = 1 "

func scanMember(r db.Scanner) (m Member, err error) {
	var joined int64
	err = r.Scan(&m.ID, &m.Community, &m.Name, &m.Role, &m.Kind, &m.State, &m.Trust, &m.Timezone, &m.Language, &m.OwnCopy, &m.Listed, &m.IntroOK, &m.Epoch, &joined, &m.Address.Local, &m.Address.Domain)
	m.Joined = db.Time(joined)
	return m, err
}

// NewMember is what is known of a person who is put into a community by somebody who may do so.
type NewMember struct {
	Address  letter.Address
	Name     string
	Role     Role
	Trust    int
	Timezone string
	Language string // "" is the community's
	OwnCopy  bool
	Listed   bool      // agrees that their address is shown
	Delivery Delivery  // on every list; "" is the community's
	Lists    []List    // where they are subscribed
	Joined   time.Time // zero: now; another time for somebody who comes from elsewhere
}

// AddMember puts a person into a community, or takes back one who had left. It writes to nobody.
func AddMember(tx *db.Tx, c Community, n NewMember) (Member, error) {
	if n.Delivery == "" {
		n.Delivery = c.Delivery
	}
	if err := checkMember(tx, &n); err != nil {
		return Member{}, err
	}
	old, known, err := MemberByAddress(tx, c.ID, n.Address)
	if err != nil {
		return Member{}, err
	}
	if known && (old.State == Active || old.State == Paused) {
		return Member{}, refusal.Because(refusal.Conflict, "%s is the address of a member already: %s.", n.Address, old.Name).Try("backchannel member set %s", n.Address)
	}
	id := old.ID
	if known {
		if _, err := tx.Exec("INSERT INTO joined_before (member, joined) VALUES (?, ?) ON CONFLICT DO NOTHING", id, db.Micros(old.Joined)); err != nil {
			return Member{}, err
		}
		if err := takeBack(tx, old, n.Address); err != nil {
			return Member{}, err
		}
		_, err = tx.Exec("UPDATE member SET name = @name, role = @role, state = 'active', trust = @trust, timezone = @timezone, language = @language, own_copy = @own_copy, listed = @listed, joined = @now WHERE id = @id", n.row(tx, db.Named("id", id))...)
	} else {
		id, err = insertMember(tx, c.ID, n)
	}
	if err != nil {
		return Member{}, fmt.Errorf("add a member: %w", err)
	}
	for _, l := range n.Lists {
		if err := Subscribe(tx, id, l.ID, n.Delivery); err != nil {
			return Member{}, err
		}
	}
	m, err := MemberByID(tx, id)
	if err == nil && m.Manager() {
		err = managerCame(tx, id)
	}
	return m, err
}

// takeBack readies what was kept of somebody who comes back by one of their earlier addresses: it is the only one of which anybody knows that
// they read there, so their mail goes to it. No app password of before opens anything: mailboxes are given to others in time.
func takeBack(tx *db.Tx, m Member, by letter.Address) error {
	all, err := Addresses(tx, m.ID)
	if err == nil {
		err = EndPasswords(tx, all)
	}
	if err == nil {
		_, err = MakeFirst(tx, m, by)
	}
	return err
}

// JoinedBefore tells when a member joined before they left and came back, oldest first.
func JoinedBefore(tx *db.Tx, m MemberID) ([]time.Time, error) {
	return db.Select(tx, func(r db.Scanner) (time.Time, error) {
		var at int64
		err := r.Scan(&at)
		return db.Time(at), err
	}, "SELECT joined FROM joined_before WHERE member = ? ORDER BY joined", m)
}

// Joinings tells when a member joined, each time, oldest first; nothing of somebody who is none.
func Joinings(tx *db.Tx, id MemberID) ([]time.Time, error) {
	m, err := MemberByID(tx, id)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	earlier, err := JoinedBefore(tx, id)
	return append(earlier, m.Joined), err
}

// IsMember tells whether somebody in this database is the one whom another copy of it, of another time, knew by this number and these dates
// of joining: the database of another installation, or one that went on from an older backup, has others under the same numbers.
func IsMember(tx *db.Tx, id MemberID, c CommunityID, joined []time.Time) (bool, error) {
	m, err := MemberByID(tx, id)
	if errors.Is(err, db.ErrNoRows) || err == nil && m.Community != c {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	here, err := Joinings(tx, id)
	return slices.ContainsFunc(here, func(at time.Time) bool { return slices.ContainsFunc(joined, at.Equal) }), err
}

func (n NewMember) row(tx *db.Tx, more ...any) []any {
	if n.Joined.IsZero() {
		n.Joined = tx.Now
	}
	return append([]any{
		db.Named("name", n.Name), db.Named("role", string(n.Role)), db.Named("trust", n.Trust), db.Named("timezone", n.Timezone), db.Named("language", n.Language),
		db.Named("own_copy", n.OwnCopy), db.Named("listed", n.Listed), db.Named("now", db.Micros(n.Joined)),
	}, more...)
}

func insertMember(tx *db.Tx, c CommunityID, n NewMember) (MemberID, error) {
	id, err := tx.Insert(`INSERT INTO member (community, name, role, trust, timezone, language, own_copy, listed, joined) VALUES (@community, @name, @role, @trust, @timezone, @language, @own_copy, @listed, @now)`,
		n.row(tx, db.Named("community", c))...)
	if err != nil {
		return 0, err
	}
	if n.Role == RoleManager {
		if err := calendar.Set(tx, PlanBrief, id, tx.Now); err != nil {
			return 0, err
		}
	}
	return MemberID(id), addAddress(tx, c, MemberID(id), n.Address, true)
}

func addAddress(tx *db.Tx, c CommunityID, m MemberID, a letter.Address, main bool) error {
	_, err := tx.Exec(`INSERT INTO member_address (community, addr_key, member, local, domain, main, confirmed) VALUES (@community, @addr_key, @member, @local, @domain, @main, @confirmed)`,
		db.Named("community", c), db.Named("addr_key", a.Key()), db.Named("member", m), db.Named("local", a.Local), db.Named("domain", a.Domain),
		db.Named("main", main), db.Named("confirmed", db.Micros(tx.Now)))
	return err
}

func checkMember(tx *db.Tx, n *NewMember) error {
	n.Name = letter.CleanLine(n.Name)
	if err := checkRole(n.Role, n.Trust, n.Timezone, n.Language); err != nil {
		return err
	}
	if err := checkDelivery(n.Delivery); err != nil {
		return err
	}
	return checkForeign(tx, n.Address)
}

func checkRole(role Role, trust int, timezone, language string) error {
	if role != RoleMember && role != RoleManager {
		return refusal.Because(refusal.Invalid, "There is no role %q; it is member or manager.", string(role))
	}
	if trust < 0 || trust > 4 {
		return refusal.Because(refusal.Invalid, "Trust is a number from 0 to 4, not %d.", trust)
	}
	if _, err := time.LoadLocation(timezone); err != nil || timezone == "Local" {
		return refusal.Because(refusal.Invalid, "There is no time zone %q; one looks like Europe/Berlin.", timezone).From(err)
	}
	if language == "" {
		return nil
	}
	return checkLanguage(language)
}

// checkLanguage looks at the form of a tag alone; what languages there are texts in is known to who sets it.
func checkLanguage(tag string) error {
	if len(tag) != 2 || tag[0] < 'a' || tag[0] > 'z' || tag[1] < 'a' || tag[1] > 'z' {
		return refusal.Because(refusal.Invalid, "There is no language %q; one looks like de.", letter.CleanLine(tag))
	}
	return nil
}

// LanguageOf is the language in which a member reads our mails: their own, or that of the community.
func LanguageOf(tx *db.Tx, c Community, m MemberID) (string, error) {
	own := ""
	if m != 0 {
		if err := tx.QueryRow("SELECT language FROM member WHERE id = ?", m).Scan(&own); err != nil && !errors.Is(err, db.ErrNoRows) {
			return "", err
		}
	}
	return cmp.Or(own, c.Language), nil
}

// checkForeign refuses our own addresses as members: they would answer themselves for ever (D3).
func checkForeign(tx *db.Tx, a letter.Address) error {
	_, ours, err := CommunityByDomain(tx, a.Domain)
	if err == nil && ours {
		err = refusal.Because(refusal.Invalid, "%s is an address of this server itself and cannot be a member.", a)
	}
	return err
}

// AddAddress gives a member one more confirmed address to write from.
func AddAddress(tx *db.Tx, m Member, a letter.Address) error {
	if err := checkForeign(tx, a); err != nil {
		return err
	}
	err := addAddress(tx, m.Community, m.ID, a, false)
	if db.IsUnique(err) {
		return refusal.Because(refusal.Conflict, "%s is the address of a member already.", a).From(err)
	}
	return err
}

// Addresses are all addresses of a member, the primary one first.
func Addresses(tx *db.Tx, m MemberID) ([]letter.Address, error) {
	return db.Select(tx, func(r db.Scanner) (a letter.Address, err error) { return a, r.Scan(&a.Local, &a.Domain) },
		"SELECT local, domain FROM member_address WHERE member = ? ORDER BY main DESC, addr_key", m)
}

// SaveMember keeps the changed name, role, kind, state, trust, zone and wishes of a member.
func SaveMember(tx *db.Tx, m Member) error {
	if err := checkRole(m.Role, m.Trust, m.Timezone, m.Language); err != nil {
		return err
	}
	if m.IntroOK != IntroPosted && m.IntroOK != IntroYes && m.IntroOK != IntroNo {
		return refusal.Because(refusal.Invalid, "Whether a member is introduced is yes, no or nothing, not %q.", letter.CleanLine(string(m.IntroOK)))
	}
	if !m.Manager() {
		if err := keepAManager(tx, m); err != nil {
			return err
		}
	}
	if m.Manager() {
		if was, err := MemberByID(tx, m.ID); err != nil {
			return err
		} else if !was.Manager() {
			if err := managerCame(tx, m.ID); err != nil {
				return err
			}
		}
	}
	_, err := tx.Exec(`UPDATE member SET name = @name, role = @role, kind = @kind, state = @state, trust = @trust, timezone = @timezone, language = @language, own_copy = @own_copy, listed = @listed,
		intro_ok_at = CASE WHEN intro_ok = @intro_ok THEN intro_ok_at ELSE @now END, intro_ok = @intro_ok WHERE id = @id`,
		db.Named("intro_ok", string(m.IntroOK)), db.Named("now", db.Micros(tx.Now)),
		db.Named("name", letter.CleanLine(m.Name)), db.Named("role", string(m.Role)), db.Named("kind", m.Kind), db.Named("state", string(m.State)), db.Named("trust", m.Trust),
		db.Named("timezone", m.Timezone), db.Named("language", m.Language), db.Named("own_copy", m.OwnCopy), db.Named("listed", m.Listed), db.Named("id", m.ID))
	return err
}

// keepAManager refuses to take the last manager away: the private door would lead nowhere.
func keepAManager(tx *db.Tx, m Member) error {
	was, err := MemberByID(tx, m.ID)
	if err != nil || !was.Manager() {
		return err
	}
	all, err := Managers(tx, m.Community)
	if err != nil || len(all) > 1 {
		return err
	}
	return refusal.Because(refusal.Conflict, "%s is the last manager of this community. Please make somebody else a manager first.", was.Name).Try("backchannel member set ADDRESS --role manager")
}

// End takes a member out of the community, by their own wish (Left) or by a manager's (Removed): off every list, posts stay.
func End(tx *db.Tx, m Member, as State) error {
	m.State = as
	if err := SaveMember(tx, m); err != nil {
		return err
	}
	for _, table := range []string{"DELETE FROM subscription WHERE member = ?", "DELETE FROM bounce WHERE member = ?", "DELETE FROM pause WHERE member = ?", "DELETE FROM vacation WHERE member = ?"} {
		if _, err := tx.Exec(table, m.ID); err != nil {
			return err
		}
	}
	if as == Removed {
		if err := calendar.Set(tx, MemberRemoved, int64(m.ID), tx.Now); err != nil {
			return err
		}
	}
	if err := signOut(tx, m); err != nil {
		return err
	}
	return replan(tx, m.ID)
}

// MemberRemoved is due for somebody whom managers have taken out of the community.
const MemberRemoved calendar.Kind = "member.removed"

// RaiseEpoch gives a member other addresses of ours from now on: all tokens that are made for them are new ones. The old ones are the
// address book's to revoke. Every browser is signed out: a link that was mailed may have signed it in.
func RaiseEpoch(tx *db.Tx, m Member) error {
	if _, err := tx.Exec("UPDATE member SET epoch = epoch + 1 WHERE id = ?", m.ID); err != nil {
		return err
	}
	return closeOf(tx, m)
}

// MemberByID reads one member.
func MemberByID(tx *db.Tx, id MemberID) (Member, error) {
	return scanMember(tx.QueryRow("SELECT "+memberColumns+memberFrom+"WHERE m.id = ?", id))
}

// MemberByAddress finds who has this confirmed address in a community, whatever their state; false when nobody has.
func MemberByAddress(tx *db.Tx, c CommunityID, a letter.Address) (Member, bool, error) {
	m, err := scanMember(tx.QueryRow("SELECT "+memberColumns+memberFrom+"WHERE m.id = (SELECT member FROM member_address WHERE community = ? AND addr_key = ?)", c, a.Key()))
	if errors.Is(err, db.ErrNoRows) {
		return m, false, nil
	}
	return m, err == nil, err
}

// TheMember is MemberByAddress with a refusal for a person.
func TheMember(tx *db.Tx, c Community, typed string) (Member, error) {
	a, err := letter.ParseAddress(typed)
	if err != nil {
		return Member{}, refusal.Because(refusal.Invalid, "%q is no mail address; one looks like dana@north.example.", letter.CleanLine(typed))
	}
	m, ok, err := MemberByAddress(tx, c.ID, a)
	if err == nil && !ok {
		err = refusal.Because(refusal.NotFound, "Nobody in %s has the address %s.", c.Domain, a).Try("backchannel member list --community %s", c.Domain)
	}
	return m, err
}

// Memberships are the places of one person, known by any of their addresses, in all communities where they are heard.
func Memberships(tx *db.Tx, a letter.Address) ([]Member, error) {
	return db.Select(tx, scanMember, "SELECT "+memberColumns+memberFrom+
		"WHERE m.id IN (SELECT member FROM member_address WHERE addr_key = ?) AND m.state IN ('active','paused') ORDER BY m.community", a.Key())
}

// Members are all who were ever added to a community, by name.
func Members(tx *db.Tx, c CommunityID) ([]Member, error) {
	return db.Select(tx, scanMember, "SELECT "+memberColumns+memberFrom+"WHERE m.community = ? ORDER BY m.name, m.id", c)
}

// Managers are those who manage a community now.
func Managers(tx *db.Tx, c CommunityID) ([]Member, error) {
	return db.Select(tx, scanMember, "SELECT "+memberColumns+memberFrom+"WHERE m.community = ? AND m.role = 'manager' AND m.state = 'active' ORDER BY m.id", c)
}

// Subscribe puts a member on a list, or changes what they get of it.
func Subscribe(tx *db.Tx, m MemberID, l ListID, d Delivery) error {
	if err := checkDelivery(d); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO subscription (list, member, delivery, since, changed) VALUES (@list, @member, @delivery, @since, @since)
		ON CONFLICT (list, member) DO UPDATE SET delivery = excluded.delivery, changed = excluded.changed WHERE delivery <> excluded.delivery`,
		db.Named("list", l), db.Named("member", m), db.Named("delivery", string(d)), db.Named("since", db.Micros(tx.Now)))
	if err != nil {
		return err
	}
	return replan(tx, m)
}

// ManagerCame is due for somebody who may be a manager since now: what the managers have in common is to be shown to them.
const ManagerCame calendar.Kind = "manager.came"

// managerCame is for whoever was none before, as a member or not at all.
func managerCame(tx *db.Tx, id MemberID) error {
	if err := calendar.Set(tx, PlanBrief, int64(id), tx.Now); err != nil {
		return err
	}
	return calendar.Set(tx, ManagerCame, int64(id), tx.Now)
}

// PlanBrief is due for a manager whose next morning brief has to be worked out.
const PlanBrief calendar.Kind = "brief.plan"

// PlanDigest is due for a member whose next digest has to be worked out anew: what they get, or when, has changed.
const PlanDigest calendar.Kind = "digest.plan"

func replan(tx *db.Tx, m MemberID) error { return calendar.Set(tx, PlanDigest, int64(m), tx.Now) }

// Unsubscribe takes a member off a list; false when they were not on it.
func Unsubscribe(tx *db.Tx, m MemberID, l ListID) (bool, error) {
	n, err := tx.Change("DELETE FROM subscription WHERE list = ? AND member = ?", l, m)
	if err != nil || n == 0 {
		return false, err
	}
	return true, replan(tx, m)
}

// Subscriptions are the lists a member is on.
func Subscriptions(tx *db.Tx, m MemberID) ([]Subscription, error) {
	return db.Select(tx, scanSubscription,
		"SELECT s.list, s.member, s.delivery, s.since, s.changed FROM subscription AS s JOIN list AS l ON l.id = s.list WHERE s.member = ? AND l.removed = 0 ORDER BY l.local", m)
}

func scanSubscription(r db.Scanner) (s Subscription, err error) {
	var since, changed int64
	err = r.Scan(&s.List, &s.Member, &s.Delivery, &since, &changed)
	s.Since, s.Changed = db.Time(since), db.Time(changed)
	return s, err
}

// SubscriptionOf is a member's place on one list; false when they are not on it.
func SubscriptionOf(tx *db.Tx, m MemberID, l ListID) (s Subscription, on bool, err error) {
	s, err = scanSubscription(tx.QueryRow("SELECT list, member, delivery, since, changed FROM subscription WHERE list = ? AND member = ?", l, m))
	if errors.Is(err, db.ErrNoRows) {
		return s, false, nil
	}
	return s, err == nil, err
}

// Readers are the active members who get a list in this way, without those who are away now.
func Readers(tx *db.Tx, l ListID, d Delivery) ([]Member, error) {
	return db.Select(tx, scanMember, "SELECT "+memberColumns+memberFrom+
		`WHERE m.id IN (SELECT member FROM subscription WHERE list = @list AND delivery = @delivery) AND m.state = 'active'
		AND m.id NOT IN (SELECT member FROM vacation WHERE begin <= @now) ORDER BY m.id`,
		db.Named("list", l), db.Named("delivery", string(d)), db.Named("now", db.Micros(tx.Now)))
}

// Audience counts the active members who will read what is posted on a list, each post or in a digest.
func Audience(tx *db.Tx, l ListID) (n int, err error) {
	err = tx.QueryRow("SELECT count(*) FROM subscription AS s JOIN member AS m ON m.id = s.member WHERE s.list = ? AND s.delivery <> 'none' AND m.state = 'active'", l).Scan(&n)
	return n, err
}

// NotePost counts one post of a member for the limits of C10.
func NotePost(tx *db.Tx, l ListID, m MemberID) error {
	if _, err := tx.Exec("DELETE FROM recent_post WHERE at < ?", db.Micros(tx.Now.Add(-24*time.Hour))); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO recent_post (list, member, at, n) VALUES (@list, @member, @at, 1)
		ON CONFLICT DO UPDATE SET n = n + 1`, db.Named("list", l), db.Named("member", m), db.Named("at", db.Micros(tx.Now)))
	return err
}

// RecentPosts counts a member's posts on a list in the last hour and in the last day.
func RecentPosts(tx *db.Tx, l ListID, m MemberID) (hour, day int, err error) {
	err = tx.QueryRow(`SELECT coalesce(sum(n) FILTER (WHERE at > @hour), 0), coalesce(sum(n), 0) FROM recent_post WHERE list = @list AND member = @member AND at > @day`,
		db.Named("hour", db.Micros(tx.Now.Add(-time.Hour))), db.Named("list", l), db.Named("member", m), db.Named("day", db.Micros(tx.Now.Add(-24*time.Hour)))).Scan(&hour, &day)
	return hour, day, err
}

// CountActive counts the members of a community whose place is neither paused nor over.
func CountActive(tx *db.Tx, c CommunityID) (n int, err error) {
	err = tx.QueryRow("SELECT count(*) FROM member WHERE community = ? AND state = 'active'", c).Scan(&n)
	return n, err
}

// FewestForAnon is how many active members a community must have for letters without a name: among fewer, everybody knows who it is
// (product.md B10).
const FewestForAnon = 8
