package notice

import (
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
)

// PrivateDoors adds the addresses to which members write in special trust, those of them that would take a letter now: reports always, the
// ombuds when there is one whom letters reach, letters without a name when there are enough members to hide among.
func PrivateDoors(tx *db.Tx, c lists.Community, to *templates.Doors) error {
	to.Report = c.Address("report").String()
	if !c.Ombuds.IsZero() && !c.OmbudsLost(tx.Now) {
		to.Ombuds = c.Address("ombuds").String()
	}
	n, err := lists.CountActive(tx, c.ID)
	if err == nil && n >= lists.FewestForAnon {
		to.Anon = c.Address("anon").String()
	}
	return err
}
