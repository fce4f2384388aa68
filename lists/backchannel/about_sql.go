package backchannel

import (
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
)

// About are the letters since a moment that are about a thread of a list, thread by thread: those that a manager may read and no others,
// so that their number tells nobody of a letter that does not exist for them (P15). Whoever shows them in a mail sends it with SendAbout.
func (b *Letterbox) About(tx *db.Tx, m lists.Member, since time.Time) (map[archive.ThreadID][]Conv, error) {
	if !m.Manager() {
		return nil, nil
	}
	all, err := db.Select(tx, scanConv, "SELECT "+convColumns+" FROM conv WHERE community = ? AND merged IS NULL AND about <> '' AND kind <> 'thanks' AND opened > ? ORDER BY id",
		m.Community, db.Micros(since))
	if err != nil {
		return nil, err
	}
	letters := map[archive.ThreadID][]Conv{}
	for _, c := range all {
		if c.Rev == 0 || !c.mayRead(m) {
			continue
		}
		t, ok, err := b.threadOf(tx, c.About)
		if err != nil {
			return nil, err
		}
		if ok {
			letters[t.ID] = append(letters[t.ID], c)
		}
	}
	return letters, nil
}

// lettersAbout are the conversations about an object, and one more; 0: none.
func lettersAbout(tx *db.Tx, c lists.CommunityID, object string, also ConvID) ([]Conv, error) {
	all, err := db.Select(tx, scanConv, "SELECT "+convColumns+" FROM conv WHERE community = ? AND (about = ? OR id = ?)", c, object, also)
	for i := range all {
		if err == nil {
			all[i], err = find(tx, all[i].ID)
		}
	}
	return all, err
}
