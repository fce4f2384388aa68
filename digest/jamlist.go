package digest

import (
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// JamLine is a jam as it is listed. Drafts are their hosts' alone, and are not.
type JamLine struct {
	Tag       string    `json:"tag"`
	List      string    `json:"list"`
	Host      string    `json:"host"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`    // the midnight behind its last day
	State     string    `json:"state"` // live: to come, or now; over: its summary is to come; done; dropped: called off
	Questions string    `json:"questions"`
	Posts     int       `json:"posts"`
	People    int       `json:"people"`
}

// JamPage is one jam with what it has brought.
type JamPage struct {
	JamLine
	Announcement string       `json:"announcement"` // message id
	Summary      string       `json:"summary"`      // message id; "" before it is posted
	Said         []JamMessage `json:"messages"`     // oldest first
}

// JamMessage is one post of a jam.
type JamMessage struct {
	MessageID string    `json:"message_id"`
	Who       string    `json:"who"`
	At        time.Time `json:"at"`
	Subject   string    `json:"subject"`
}

// Jams are the jams of a community that were announced, the first one in front.
func (e *Editor) Jams(tx *db.Tx, c lists.Community) ([]JamLine, error) {
	found, err := jams(tx, c.ID)
	if err != nil {
		return nil, err
	}
	all := []JamLine{}
	for _, j := range found {
		if j.post == 0 {
			continue
		}
		p, err := e.jamPage(tx, c, j)
		if err != nil {
			return nil, err
		}
		all = append(all, p.JamLine)
	}
	return all, nil
}

// Jam is the newest jam with a tag that was announced.
func (e *Editor) Jam(tx *db.Tx, c lists.Community, typed string) (JamPage, error) {
	found, err := jams(tx, c.ID)
	if err != nil {
		return JamPage{}, err
	}
	tag, _ := lists.Tag(typed)
	for i := len(found) - 1; i >= 0; i-- {
		if j := found[i]; j.tag == tag && j.post != 0 {
			return e.jamPage(tx, c, j)
		}
	}
	return JamPage{}, refusal.Because(refusal.NotFound, "No jam with that tag was announced in %s.", c.Name).Try("backchannel jam list")
}

func (e *Editor) jamPage(tx *db.Tx, c lists.Community, j jam) (p JamPage, err error) {
	l, err := lists.ListByID(tx, j.list)
	if err != nil {
		return p, err
	}
	host, err := lists.MemberByID(tx, j.host)
	if err != nil {
		return p, err
	}
	posts, err := e.jamPosts(tx, j)
	if err != nil {
		return p, err
	}
	p.JamLine = JamLine{j.tag, l.Address().String(), host.Name, j.from.In(c.Zone()), j.to.In(c.Zone()), string(j.state), j.questions, len(posts), countPeople(posts)}
	p.Said = []JamMessage{}
	for _, one := range posts {
		p.Said = append(p.Said, JamMessage{string(one.MessageID), name(one), one.Published.In(c.Zone()), one.Subject})
	}
	if p.Announcement, err = e.messageID(tx, j.post); err != nil || j.summed == 0 {
		return p, err
	}
	p.Summary, err = e.messageID(tx, j.summed)
	return p, err
}

// messageID is that of a post; "" of one that is gone.
func (e *Editor) messageID(tx *db.Tx, id archive.PostID) (string, error) {
	p, err := e.Store.Post(tx, id)
	if err != nil && refusal.KindOf(err) == refusal.NotFound {
		return "", nil
	}
	return string(p.MessageID), err
}
