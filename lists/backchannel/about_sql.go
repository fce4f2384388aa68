package backchannel

import (
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
)

// About are the codes of the letters since a moment that are about a thread of a list, thread by thread: those that a manager may read
// and no others, so that the number tells nobody of a letter that does not exist for them (P15).
func (b *Letterbox) About(tx *db.Tx, m lists.Member, since time.Time) (map[archive.ThreadID][]string, error) {
	if !m.Manager() {
		return nil, nil
	}
	all, err := db.Select(tx, scanConv, "SELECT "+convColumns+" FROM conv WHERE community = ? AND merged IS NULL AND about <> '' AND kind <> 'thanks' AND opened > ? ORDER BY id",
		m.Community, db.Micros(since))
	if err != nil {
		return nil, err
	}
	codes := map[archive.ThreadID][]string{}
	for _, c := range all {
		if c.Rev == 0 || !c.mayRead(m) {
			continue
		}
		t, ok, err := b.threadOf(tx, c.About)
		if err != nil {
			return nil, err
		}
		if ok {
			codes[t.ID] = append(codes[t.ID], c.Code)
		}
	}
	return codes, nil
}
