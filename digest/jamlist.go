package digest

import (
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
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
		l, err := lists.ListByID(tx, j.list)
		if err != nil {
			return nil, err
		}
		host, err := lists.MemberByID(tx, j.host)
		if err != nil {
			return nil, err
		}
		posts, err := e.jamPosts(tx, j)
		if err != nil {
			return nil, err
		}
		all = append(all, JamLine{j.tag, l.Address().String(), host.Name, j.from.In(c.Zone()), j.to.In(c.Zone()), string(j.state), j.questions, len(posts), countPeople(posts)})
	}
	return all, nil
}
