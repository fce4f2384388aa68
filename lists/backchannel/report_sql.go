package backchannel

import (
	"backchannel/archive/db"
)

// asReport makes a report of a conversation.
func asReport(tx *db.Tx, c Conv) (Conv, error) {
	if _, err := tx.Exec("UPDATE conv SET kind = 'report', restricted = 1 WHERE id = @id", db.Named("id", c.ID)); err != nil {
		return c, err
	}
	return find(tx, c.ID)
}

// setOmbuds notes what the ombuds has to do with a conversation.
func setOmbuds(tx *db.Tx, c *Conv, part OmbudsPart) error {
	c.Ombuds = part
	_, err := tx.Exec("UPDATE conv SET ombuds = @part WHERE id = @id", db.Named("part", string(part)), db.Named("id", c.ID))
	return err
}

func setOutcome(tx *db.Tx, c Conv, outcome string) error {
	_, err := tx.Exec("UPDATE conv SET outcome = ? WHERE id = ?", outcome, c.ID)
	return err
}

// reportsAbout are the other reports about the same post that were decided, oldest first. Whoever shows them asks mayRead of each.
func reportsAbout(tx *db.Tx, c Conv) ([]Conv, error) {
	return db.Select(tx, scanConv, "SELECT "+convColumns+` FROM conv WHERE community = @community AND kind = 'report' AND about = @about AND about <> '' AND id <> @id
		AND state = 'closed' AND outcome IN ('explained','warned','hold','removed','nothing') ORDER BY closed, id`,
		db.Named("community", c.Community), db.Named("about", c.About.Object), db.Named("id", c.ID))
}

// reopenFor opens a conversation that the ombuds had alone for managers.
func reopenFor(tx *db.Tx, c Conv) error {
	_, err := tx.Exec("UPDATE conv SET state = 'new', closed = 0, outcome = '' WHERE id = ? AND state = 'closed'", c.ID)
	return err
}
