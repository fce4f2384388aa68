package backchannel

import (
	"math/rand/v2"
	"testing"
	"time"

	"backchannel/lists"
)

func ids(n int) (all []lists.MemberID) {
	for i := range n {
		all = append(all, lists.MemberID(i+1))
	}
	return all
}

// grow plans week after week as the Mondays pass, and gives what each running week was.
func grow(weeks int, managers func(week int) []lists.MemberID, away func(lists.MemberID, time.Time) bool) (ran []Shift) {
	from := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	var known []Shift
	for i := range weeks {
		monday := from.AddDate(0, 0, 7*i)
		next := plan(known, monday, managers(i), away)
		known = append(ran, next...)
		ran = append(ran, next[0])
	}
	return ran
}

// spread is by how much the loads over a run of weeks differ among some managers.
func spread(weeks []Shift, of []lists.MemberID, load func(Shift) lists.MemberID) int {
	n := map[lists.MemberID]int{}
	for _, s := range weeks {
		n[load(s)]++
	}
	least, most := len(weeks), 0
	for _, m := range of {
		least, most = min(least, n[m]), max(most, n[m])
	}
	return most - least
}

// Over any 12 weeks the loads of those who were never away differ by one at most; nobody has a week in which they are away; and who is
// first is never second.
func TestPlanIsFair(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		all := ids(1 + r.IntN(7))
		gone := map[lists.MemberID]map[time.Time]bool{}
		if seed%3 != 0 {
			for _, m := range all[1+(len(all)-1)/2:] { // the first half is always there
				gone[m] = map[time.Time]bool{}
				for range 8 {
					gone[m][time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 7*r.IntN(60))] = true
				}
			}
		}
		away := func(m lists.MemberID, monday time.Time) bool { return gone[m][monday] }
		ran := grow(60, func(int) []lists.MemberID { return all }, away)
		there := all[:1+(len(all)-1)/2]
		if len(gone) == 0 {
			there = all
		}
		for i := range len(ran) - 12 {
			if d := spread(ran[i:i+12], there, func(s Shift) lists.MemberID { return s.First }); d > 1 {
				t.Fatalf("seed %d, %d managers, week %d: loads differ by %d", seed, len(all), i, d)
			}
			if d := spread(ran[i:i+12], all, func(s Shift) lists.MemberID { return s.Second }); len(gone) == 0 && len(all) > 1 && d > 1 {
				t.Fatalf("seed %d, %d managers, week %d: second loads differ by %d", seed, len(all), i, d)
			}
		}
		for _, s := range ran {
			if away(s.First, s.Monday) || s.First == s.Second || (s.Second == 0) != (len(all) == 1) {
				t.Fatalf("seed %d: %+v", seed, s)
			}
		}
	}
}

// Who comes is on duty soon, and who goes no more; the next weeks stay as they were told; a swapped week stays as it is.
func TestPlanChanges(t *testing.T) {
	here := func(lists.MemberID, time.Time) bool { return false }
	from := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	first := plan(nil, from, ids(3), here)
	if len(first) != planned || first[0].First != 1 || first[0].Second != 2 || first[3].First != 1 {
		t.Fatalf("planned %+v", first)
	}
	came := plan(first, from, ids(4), here)
	if came[0] != first[0] || came[1].First != first[1].First || came[2].First != 3 || came[3].First != 4 {
		t.Errorf("with one more: %+v", came[:4])
	}
	if ill := plan(first, from, ids(3), func(m lists.MemberID, monday time.Time) bool { return m == 1 && monday.Equal(from) }); ill[0] != first[0] {
		t.Errorf("the running week is planned anew, and its second is not: %+v", ill[0])
	}
	went := plan(first, from, []lists.MemberID{1, 3}, here)
	for _, s := range went {
		if s.First == 2 || s.Second == 2 {
			t.Errorf("gone and on duty: %+v", s)
		}
	}
	first[5].First, first[5].Fixed = 1, true
	if again := plan(first, from, ids(3), here); again[5].First != 1 || !again[5].Fixed || again[5].Second == 1 {
		t.Errorf("swapped: %+v", again[5])
	}
	if plan(first, from, nil, here) != nil {
		t.Error("a rota of nobody")
	}
	if all := plan(nil, from, ids(2), func(lists.MemberID, time.Time) bool { return true }); all[0].First == 0 || all[0].Second == 0 {
		t.Errorf("all are away: %+v", all[0])
	}
}

// A week begins on Monday at noon, by the community's clock.
func TestWeekOf(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		"2026-06-15 11:59": "2026-06-08", "2026-06-15 12:00": "2026-06-15", "2026-06-21 23:00": "2026-06-15", "2026-06-22 00:30": "2026-06-15", "2026-10-25 02:30": "2026-10-19",
	} {
		when, err := time.ParseInLocation("2006-01-02 15:04", at, berlin)
		if err != nil {
			t.Fatal(err)
		}
		if got := weekOf(when, berlin).Format(time.DateOnly); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
}
