package report

import (
	"fmt"
	"slices"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
)

// The least number of people that a table shows: of fewer it tells nothing but that.
const (
	Inside  = 3 // for managers
	Outside = 5 // for others
)

// Need is one line of the needs report: a tag of private letters, and how many people wrote about it (product.md B13). No cell tells of
// fewer people than the report shows.
type Need struct {
	Tag    string `json:"tag"`
	People string `json:"people"` // a number, or "<3"
	Trend  string `json:"trend"`  // up, same, down; "-" when nothing can be said
	Median string `json:"median"` // of three months, this one among them; as People
	Public string `json:"public"` // "yes" when letters about it became posts, "no", or "-"
}

// Needs tells what members asked for in a month (any time within it, of UTC), the most asked first. A tag with fewer people than least in each
// of three months is not in it. Reports, letters that a manager may not know of and letters without a name are left out.
func Needs(tx *db.Tx, c lists.CommunityID, month time.Time, least int) ([]Need, error) {
	first := time.Date(month.UTC().Year(), month.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	counts := map[string]*[3]int{}
	published := map[string]bool{}
	for back := range 3 {
		from := first.AddDate(0, -back, 0)
		tags, err := backchannel.CountTags(tx, c, from, from.AddDate(0, 1, 0))
		if err != nil {
			return nil, err
		}
		for _, t := range tags {
			if counts[t.Tag] == nil {
				counts[t.Tag] = &[3]int{}
			}
			counts[t.Tag][back] = t.Voices
			published[t.Tag] = published[t.Tag] || back == 0 && t.Published > 0
		}
	}
	var tags []string
	for tag, n := range counts {
		if max(n[0], n[1], n[2]) >= least {
			tags = append(tags, tag)
		}
	}
	cell := func(n int) int { // what is too small is all the same, in the order of lines as well
		if n < least {
			return 0
		}
		return n
	}
	slices.SortFunc(tags, func(a, b string) int {
		if d := cell(counts[b][0]) - cell(counts[a][0]); d != 0 {
			return d
		}
		if a < b {
			return -1
		}
		return 1
	})
	var all []Need
	for _, tag := range tags {
		all = append(all, need(tag, *counts[tag], published[tag], least))
	}
	return all, nil
}

func need(tag string, n [3]int, published bool, least int) Need {
	sorted := n
	slices.Sort(sorted[:])
	median := sorted[1]
	line := Need{Tag: tag, People: shown(n[0], least), Trend: "-", Median: shown(median, least), Public: "-"}
	if n[0] < least {
		return line
	}
	line.Public = "no"
	if published {
		line.Public = "yes"
	}
	switch {
	case median < least:
		line.Trend = "up"
	case n[0] > median:
		line.Trend = "up"
	case n[0] < median:
		line.Trend = "down"
	default:
		line.Trend = "same"
	}
	return line
}

func shown(n, least int) string {
	if n < least {
		return fmt.Sprintf("<%d", least)
	}
	return fmt.Sprint(n)
}

// Tell mails the managers of a community what members asked for in the month that is over, and how that led back to the list.
func Tell(tx *db.Tx, box *backchannel.Letterbox, id lists.CommunityID) error {
	c, err := lists.CommunityByID(tx, id)
	if err != nil {
		return err
	}
	now := tx.Now.UTC()
	first := time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, time.UTC)
	needs, err := Needs(tx, id, first, Inside)
	if err != nil {
		return err
	}
	sum, err := backchannel.CountLetters(tx, id, first, first.AddDate(0, 1, 0))
	if err != nil {
		return err
	}
	t := backchannel.NeedsReport{Community: c.Name, Month: first, Closed: sum.Closed, Public: sum.Public, Bridged: sum.Bridged}
	for _, n := range needs {
		t.Needs = append(t.Needs, backchannel.NeedLine(n))
	}
	return box.TellNeeds(tx, c, t)
}
