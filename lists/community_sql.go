package lists

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists/address"
	"backchannel/templates/refusal"
)

const communityColumns = "id, domain, name, timezone, language, ombuds, rota, duty_days, duty_from, duty_to, due, urgent, votes, delivery, questions, confidential, same_employer, restricted, collision, greeter, created, ombuds_since, ombuds_last"

func scanCommunity(r db.Scanner) (c Community, err error) {
	var ombuds, questions string
	var created, since, last int64
	if err = r.Scan(&c.ID, &c.Domain, &c.Name, &c.Timezone, &c.Language, &ombuds, &c.Rota, &c.Duty.Days, &c.Duty.From, &c.Duty.To, &c.Duty.Due, &c.Duty.Urgent, &c.Votes, &c.Delivery, &questions, &c.Confidential, &c.SameEmployer, &c.Restricted, &c.Collision, &c.Greeter, &created, &since, &last); err != nil {
		return c, err
	}
	c.Created, c.ombudsSince, c.ombudsLast = db.Time(created), db.Time(since), db.Time(last)
	if ombuds != "" {
		if c.Ombuds, err = letter.ParseAddress(ombuds); err != nil {
			return c, fmt.Errorf("ombuds of %s: %w", c.Domain, err)
		}
	}
	if questions == "[]" {
		return c, nil // as nearly always, and a community is read several times for each letter
	}
	return c, json.Unmarshal([]byte(questions), &c.Questions)
}

// ruleLen is how long the sentence may be with which digests end.
const ruleLen = 300

// checkCommunity refuses what cannot be.
func checkCommunity(c *Community) error {
	a, err := letter.ParseAddress("postmaster@" + c.Domain)
	if err != nil || !strings.Contains(a.Domain, ".") {
		return refusal.Because(refusal.Invalid, "%q is no mail domain; one looks like gardeners.example.", c.Domain)
	}
	c.Domain = a.Domain
	if c.Timezone == "" {
		c.Timezone = "UTC"
	}
	if c.Restricted == "" {
		c.Restricted = RestrictedMail
	}
	if c.Collision == "" {
		c.Collision = CollisionManagers
	}
	if c.Language == "" {
		c.Language = "en"
	}
	if err := checkLanguage(c.Language); err != nil {
		return err
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil || c.Timezone == "Local" {
		return refusal.Because(refusal.Invalid, "There is no time zone %q; one looks like Europe/Berlin.", c.Timezone).From(err)
	}
	if c.Name == "" {
		c.Name = c.Domain
	}
	if err := oneLine("The name of a community", c.Name); err != nil {
		return err
	}
	c.Name = letter.CleanLine(c.Name)
	if c.Confidential = letter.CleanLine(c.Confidential); utf8.RuneCountInString(c.Confidential) > ruleLen {
		return refusal.Because(refusal.Invalid, "The sentence on what may leave the community can have %d characters, not %d.", ruleLen, utf8.RuneCountInString(c.Confidential))
	}
	if c.Delivery == "" {
		c.Delivery = Each
	}
	if err := checkDelivery(c.Delivery); err != nil {
		return err
	}
	if c.Votes < 1 {
		return refusal.Because(refusal.Invalid, "At least 1 vote must be needed to join.")
	}
	return c.Duty.check()
}

func checkDelivery(d Delivery) error {
	switch d {
	case Each, Digest, None:
		return nil
	}
	return refusal.Because(refusal.Invalid, "There is no delivery %q; it is each, digest or none.", string(d))
}

func (c Community) row() []any {
	questions, _ := json.Marshal(c.Questions) // strings always marshal
	if c.Questions == nil {
		questions = []byte("[]")
	}
	return []any{
		db.Named("id", c.ID), db.Named("domain", c.Domain), db.Named("name", c.Name), db.Named("timezone", c.Timezone), db.Named("language", c.Language), db.Named("ombuds", c.Ombuds.String()),
		db.Named("rota", c.Rota), db.Named("duty_days", int64(c.Duty.Days)), db.Named("duty_from", c.Duty.From), db.Named("duty_to", c.Duty.To),
		db.Named("due", c.Duty.Due), db.Named("urgent", c.Duty.Urgent), db.Named("votes", c.Votes), db.Named("delivery", string(c.Delivery)), db.Named("questions", string(questions)), db.Named("confidential", c.Confidential), db.Named("same_employer", c.SameEmployer), db.Named("restricted", string(c.Restricted)), db.Named("collision", string(c.Collision)), db.Named("greeter", c.Greeter),
	}
}

// AddCommunity makes a community. Empty fields get their defaults.
func AddCommunity(tx *db.Tx, c Community) (Community, error) {
	if c.Votes == 0 {
		c.Votes = 2
	}
	if c.Duty == (Duty{}) {
		c.Duty = UsualDuty()
	}
	if err := checkCommunity(&c); err != nil {
		return c, err
	}
	c.Created = tx.Now
	id, err := tx.Insert(`INSERT INTO community (domain, name, timezone, language, ombuds, rota, duty_days, duty_from, duty_to, due, urgent, votes, delivery, questions, confidential, same_employer, restricted, collision, greeter, created)
		VALUES (@domain, @name, @timezone, @language, @ombuds, @rota, @duty_days, @duty_from, @duty_to, @due, @urgent, @votes, @delivery, @questions, @confidential, @same_employer, @restricted, @collision, @greeter, @created)`, append(c.row()[1:], db.Named("created", db.Micros(tx.Now)))...)
	if db.IsUnique(err) {
		return c, refusal.Because(refusal.Conflict, "There is a community %s already.", c.Domain).Try("backchannel community show %s", c.Domain)
	}
	if err != nil {
		return c, err
	}
	c.ID = CommunityID(id)
	return c, calendar.Set(tx, FiguresDue, id, tx.Now)
}

// FiguresDue is due for a community whose managers are told figures, or for whom that has to be planned.
const FiguresDue calendar.Kind = "report.figures"

// SaveCommunity keeps the changed fields of a community. Its domain cannot change.
func SaveCommunity(tx *db.Tx, c Community) error {
	if err := checkCommunity(&c); err != nil {
		return err
	}
	row := c.row()
	_, err := tx.Exec(`UPDATE community SET name = @name, timezone = @timezone, language = @language, rota = @rota, ombuds = @ombuds,
		ombuds_since = CASE WHEN ombuds = @ombuds THEN ombuds_since ELSE 0 END, ombuds_last = CASE WHEN ombuds = @ombuds THEN ombuds_last ELSE 0 END,
		duty_days = @duty_days, duty_from = @duty_from, duty_to = @duty_to, due = @due, urgent = @urgent, votes = @votes, delivery = @delivery, questions = @questions, confidential = @confidential, same_employer = @same_employer, restricted = @restricted, collision = @collision, greeter = @greeter WHERE id = @id`,
		append(row[:1:1], row[2:]...)...)
	return err
}

// OmbudsFailed notes that a letter to the ombuds of a community came back.
func OmbudsFailed(tx *db.Tx, c CommunityID) error {
	_, err := tx.Exec("UPDATE community SET ombuds_since = CASE WHEN ombuds_last < @quiet THEN @now ELSE ombuds_since END, ombuds_last = @now WHERE id = @id",
		db.Named("quiet", db.Micros(tx.Now.Add(-ombudsQuiet))), db.Named("now", db.Micros(tx.Now)), db.Named("id", c))
	return err
}

// Communities are all communities of this server, by domain.
func Communities(tx *db.Tx) ([]Community, error) {
	return db.Select(tx, scanCommunity, "SELECT "+communityColumns+" FROM community ORDER BY domain")
}

// Domains are the mail domains of all communities, in lower case.
func Domains(tx *db.Tx) ([]string, error) {
	return db.Select(tx, func(r db.Scanner) (domain string, err error) { return domain, r.Scan(&domain) }, "SELECT domain FROM community ORDER BY domain")
}

// CommunityByID reads one community.
func CommunityByID(tx *db.Tx, id CommunityID) (Community, error) {
	return scanCommunity(tx.QueryRow("SELECT "+communityColumns+" FROM community WHERE id = ?", id))
}

// CommunityByDomain finds the community of a mail domain; false when it is none of ours.
func CommunityByDomain(tx *db.Tx, domain string) (Community, bool, error) {
	c, err := scanCommunity(tx.QueryRow("SELECT "+communityColumns+" FROM community WHERE domain = ?", strings.ToLower(domain)))
	if errors.Is(err, db.ErrNoRows) {
		return c, false, nil
	}
	return c, err == nil, err
}

// TheCommunity is CommunityByDomain with a refusal for a person; with an empty domain it is the only community there is.
func TheCommunity(tx *db.Tx, domain string) (Community, error) {
	all, err := Communities(tx)
	if err != nil {
		return Community{}, err
	}
	if domain == "" {
		switch len(all) {
		case 0:
			return Community{}, refusal.Because(refusal.NotFound, "There is no community yet.").Try("backchannel community add gardeners.example")
		case 1:
			return all[0], nil
		}
		return Community{}, refusal.Because(refusal.Invalid, "There are %d communities; please say which one.", len(all)).Try("--community %s", all[0].Domain)
	}
	for _, c := range all {
		if strings.EqualFold(c.Domain, domain) {
			return c, nil
		}
	}
	no := refusal.Because(refusal.NotFound, "There is no community %s.", letter.CleanLine(domain))
	if len(all) == 0 {
		return Community{}, no.Try("backchannel community add %s", letter.CleanLine(domain))
	}
	return Community{}, no.Try("backchannel community list")
}

const listColumns = "l.id, l.community, l.local, c.domain, l.name, l.mailbox, l.posting, l.subject_prefix, l.posts_per_hour, l.undo, l.joining, l.stage, l.rules, l.created"
const listFrom = " FROM list AS l JOIN community AS c ON c.id = l.community "

func scanList(r db.Scanner) (l List, err error) {
	var undo, created int64
	var rules string
	err = r.Scan(&l.ID, &l.Community, &l.Local, &l.Domain, &l.Name, &l.Box, &l.Posting, &l.SubjectPrefix, &l.PostsPerHour, &undo, &l.Join, &l.Stage, &rules, &created)
	l.Undo, l.Created = time.Duration(undo)*time.Second, db.Time(created)
	if err != nil || rules == "{}" {
		return l, err // as nearly always
	}
	return l, json.Unmarshal([]byte(rules), &l.Rules)
}

func checkList(l *List) error {
	for _, is := range [][2]string{{"The name of a list", l.Name}, {"A subject prefix", l.SubjectPrefix}} {
		if err := oneLine(is[0], is[1]); err != nil {
			return err
		}
	}
	l.Name, l.SubjectPrefix = letter.CleanLine(l.Name), letter.CleanLine(l.SubjectPrefix)
	switch l.Posting {
	case ByMembers, ByManagers, ByAnyone:
	default:
		return refusal.Because(refusal.Invalid, "Nobody knows the posting rule %q; it is members, managers or anyone.", string(l.Posting))
	}
	if l.Join != JoinOpen && l.Join != JoinAsk {
		return refusal.Because(refusal.Invalid, "Nobody knows the joining rule %q; it is open or ask.", string(l.Join))
	}
	if l.Stage != Founding && l.Stage != Growing && l.Stage != Rooted {
		return refusal.Because(refusal.Invalid, "Nobody knows the stage %q of a list; it is founding, growing or rooted.", string(l.Stage))
	}
	if l.PostsPerHour < 0 {
		return refusal.Because(refusal.Invalid, "Posts per hour cannot be %d; 0 means no limit.", l.PostsPerHour)
	}
	if l.Undo < 0 || l.Undo > 300*time.Second {
		return refusal.Because(refusal.Invalid, "The time to take a post back is between 0s and 300s, not %s.", l.Undo)
	}
	return nil
}

func (l List) row() []any {
	rules, _ := json.Marshal(l.Rules) // strings and numbers always marshal
	return []any{
		db.Named("id", l.ID), db.Named("name", l.Name), db.Named("posting", string(l.Posting)), db.Named("subject_prefix", l.SubjectPrefix),
		db.Named("posts_per_hour", l.PostsPerHour), db.Named("undo", int64(l.Undo/time.Second)), db.Named("joining", string(l.Join)), db.Named("stage", string(l.Stage)), db.Named("rules", string(rules)),
	}
}

// NewList is a list with the defaults of the house.
func NewList(c Community, local string) List {
	return List{Community: c.ID, Local: local, Domain: c.Domain, Posting: ByMembers, PostsPerHour: 10, Join: JoinOpen, Stage: Growing}
}

// AddList makes a list and its place in the archive. A removed list of that name is taken up again, with its old archive.
func AddList(tx *db.Tx, store *archive.Store, l List) (List, error) {
	if why, ok := address.Free(l.Local); !ok {
		return l, refusal.Because(refusal.Invalid, "%s", why)
	}
	if err := checkList(&l); err != nil {
		return l, err
	}
	var removed int64
	err := tx.QueryRow("SELECT id, mailbox, removed FROM list WHERE community = ? AND local = ?", l.Community, l.Local).Scan(&l.ID, &l.Box, &removed)
	switch {
	case err == nil && removed == 0:
		return l, refusal.Because(refusal.Conflict, "There is a list %s already.", l.Address()).Try("backchannel list show %s", l.Address())
	case err == nil:
		if _, err := tx.Exec("UPDATE list SET removed = 0 WHERE id = ?", l.ID); err != nil {
			return l, err
		}
		return l, SaveList(tx, l)
	case !errors.Is(err, db.ErrNoRows):
		return l, err
	}
	if l.Box, err = store.CreatePublic(tx, int64(l.Community), l.Local); err != nil {
		return l, err
	}
	l.Created = tx.Now
	id, err := tx.Insert(`INSERT INTO list (community, local, name, mailbox, posting, subject_prefix, posts_per_hour, undo, joining, stage, rules, created)
		VALUES (@community, @local, @name, @mailbox, @posting, @subject_prefix, @posts_per_hour, @undo, @joining, @stage, @rules, @created)`,
		append(l.row()[1:], db.Named("community", l.Community), db.Named("local", l.Local), db.Named("mailbox", int64(l.Box)), db.Named("created", db.Micros(tx.Now)))...)
	l.ID = ListID(id)
	return l, err
}

// SaveList keeps the changed settings of a list. Its address cannot change.
func SaveList(tx *db.Tx, l List) error {
	if err := checkList(&l); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE list SET name = @name, posting = @posting, subject_prefix = @subject_prefix, posts_per_hour = @posts_per_hour,
		undo = @undo, joining = @joining, stage = @stage, rules = @rules WHERE id = @id`, l.row()...)
	return err
}

// RemoveList gives a list up: nobody can post and nobody is on it any more. Its archive stays.
func RemoveList(tx *db.Tx, id ListID) error {
	if _, err := tx.Exec("DELETE FROM subscription WHERE list = ?", id); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE list SET removed = ? WHERE id = ?", db.Micros(tx.Now), id)
	return err
}

// Lists are the lists of a community, by local part.
func Lists(tx *db.Tx, c CommunityID) ([]List, error) {
	return db.Select(tx, scanList, "SELECT "+listColumns+listFrom+"WHERE l.community = ? AND l.removed = 0 ORDER BY l.local", c)
}

// ListByID reads one list, a removed one too.
func ListByID(tx *db.Tx, id ListID) (List, error) {
	return scanList(tx.QueryRow("SELECT "+listColumns+listFrom+"WHERE l.id = ?", id))
}

// ListByBox finds the list that an archive mailbox belongs to.
func ListByBox(tx *db.Tx, box archive.PublicID) (List, error) {
	return scanList(tx.QueryRow("SELECT "+listColumns+listFrom+"WHERE l.mailbox = ?", int64(box)))
}

// ListByName finds a list of a community; false when there is none of this name.
func ListByName(tx *db.Tx, c CommunityID, local string) (List, bool, error) {
	l, err := scanList(tx.QueryRow("SELECT "+listColumns+listFrom+"WHERE l.community = ? AND l.local = ? AND l.removed = 0", c, strings.ToLower(local)))
	if errors.Is(err, db.ErrNoRows) {
		return l, false, nil
	}
	return l, err == nil, err
}

// TheList finds a list by its whole address, or by its local part where there is one community, with a refusal for a person.
func TheList(tx *db.Tx, typed string) (List, error) {
	local, domain, whole := strings.Cut(typed, "@")
	if whole {
		if _, err := letter.ParseAddress(typed); err != nil {
			return List{}, refusal.Because(refusal.Invalid, "%q is no mail address; a list's looks like talk@gardeners.example.", letter.CleanLine(typed))
		}
	}
	c, err := TheCommunity(tx, domain)
	if err != nil {
		return List{}, err
	}
	l, ok, err := ListByName(tx, c.ID, local)
	if err == nil && !ok {
		err = refusal.Because(refusal.NotFound, "There is no list %s@%s.", letter.CleanLine(local), c.Domain).Try("backchannel list list %s", c.Domain)
	}
	return l, err
}
