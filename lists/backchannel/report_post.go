package backchannel

import (
	"fmt"
	"strconv"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// postObject is how a conversation names the post it is about, and postOf reads it again.
func postObject(id archive.PostID) string { return fmt.Sprintf("post:%d", id) }

func postOf(object string) archive.PostID {
	id, ok := strings.CutPrefix(object, "post:")
	n, err := strconv.ParseInt(id, 10, 64)
	if !ok || err != nil {
		return 0
	}
	return archive.PostID(n)
}

// postInReport adds the post that a report is about, and how earlier reports about it ended: those that this manager may know of.
func (b *Letterbox) postInReport(tx *db.Tx, c Conv, m lists.Member, t *templates.ReportNotice) error {
	q, title, err := b.quotePost(tx, c)
	if err != nil || q == nil {
		return err
	}
	t.Post, t.PostTitle = q, title
	earlier, err := reportsAbout(tx, c)
	if err != nil {
		return err
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return err
	}
	for _, e := range earlier {
		if e.mayRead(m) {
			t.History = append(t.History, e.Closed.In(m.Zone(community)).Format("2 January 2006")+": "+e.Outcome)
		}
	}
	return nil
}

// quotePost is the post that a conversation is about, from the archive; nil when there is none (any more).
func (b *Letterbox) quotePost(tx *db.Tx, c Conv) (q *templates.Quote, title string, err error) {
	id := postOf(c.About.Object)
	if id == 0 {
		return nil, "", nil
	}
	p, err := b.Office.Store.Post(tx, id)
	if refusal.KindOf(err) == refusal.NotFound || err == nil && p.Raw == 0 {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	raw, err := b.Office.Store.Raw(tx, p.Raw)
	if err != nil {
		return nil, "", err
	}
	l, err := letter.Parse(raw)
	if err != nil {
		return nil, "", err
	}
	who := p.From.Name
	if who == "" {
		who = "somebody"
	}
	return &templates.Quote{Who: who, Text: notice.Preview(l)}, p.Subject, nil
}
