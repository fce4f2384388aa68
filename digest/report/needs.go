package report

import (
	"fmt"
	"slices"
	"strconv"
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
	Public string `json:"public"` // "yes" when there were threads about it in the month, or letters about it became posts; "no", or "-"

	Threads    int `json:"threads"`    // of the month, with the tag; 0 as well when the report is to be shared
	Unanswered int `json:"unanswered"` // of these, how many have no reply
}

// topic is what the lists had about a tag in a month.
type topic struct{ threads, unanswered int }

// needs tells what members asked for in a month (any time within it, of UTC), the most asked first. A tag with fewer people than least in each
// of three months is not in it. Reports, letters that a manager may not know of and letters without a name are left out.
func (r *Figures) needs(tx *db.Tx, c lists.Community, month time.Time, least int) ([]Need, error) {
	first := time.Date(month.UTC().Year(), month.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	counts := map[string]*[3]int{}
	published := map[string]bool{}
	for back := range 3 {
		from := first.AddDate(0, -back, 0)
		tags, err := backchannel.CountTags(tx, c.ID, from, from.AddDate(0, 1, 0))
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
	topics, err := r.topics(tx, c, first, first.AddDate(0, 1, 0))
	if err != nil {
		return nil, err
	}
	var all []Need
	for _, tag := range tags {
		all = append(all, need(tag, *counts[tag], topics[tag], published[tag], least))
	}
	return all, nil
}

// topics are the threads that were begun in a span, by tag.
func (r *Figures) topics(tx *db.Tx, c lists.Community, from, to time.Time) (map[string]topic, error) {
	all := map[string]topic{}
	if r.Tags == nil {
		return all, nil
	}
	f, err := r.posts(tx, c, from)
	if err != nil {
		return nil, err
	}
	for _, b := range f.threads(from, to) {
		tags, err := r.Tags(tx, c, b.root.thread)
		if err != nil {
			return nil, err
		}
		for _, tag := range tags {
			t := all[tag]
			t.threads++
			if !b.replied {
				t.unanswered++
			}
			all[tag] = t
		}
	}
	return all, nil
}

func need(tag string, n [3]int, on topic, published bool, least int) Need {
	sorted := n
	slices.Sort(sorted[:])
	median := sorted[1]
	line := Need{Tag: tag, People: shown(n[0], least), Trend: "-", Median: shown(median, least), Public: "-"}
	if n[0] < least {
		return line
	}
	line.Public = "no"
	if published || on.threads > 0 {
		line.Public = "yes"
	}
	if least < Outside {
		line.Threads, line.Unanswered = on.threads, on.unanswered
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

// unmet are the needs of which nothing on the lists has an answer.
func unmet(needs []Need) (acts []backchannel.Act) {
	for _, n := range needs {
		people, err := strconv.Atoi(n.People)
		if err == nil && (n.Public == "no" || n.Threads > 0 && n.Threads == n.Unanswered) {
			acts = append(acts, backchannel.Act{Kind: backchannel.ActNeed, N: people, Tag: n.Tag})
		}
	}
	return acts
}

// quote is something that a member said about what most people asked for, and let us post.
func quote(tx *db.Tx, c lists.CommunityID, month time.Time, needs []Need) (backchannel.Said, error) {
	first := time.Date(month.UTC().Year(), month.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	for _, n := range needs {
		if _, err := strconv.Atoi(n.People); err != nil {
			continue
		}
		if said, err := backchannel.Quotable(tx, c, n.Tag, first, first.AddDate(0, 1, 0)); err != nil || said != "" {
			return said, err
		}
	}
	return "", nil
}
