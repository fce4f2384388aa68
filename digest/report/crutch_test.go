package report

import (
	"fmt"
	"testing"
	"time"

	"backchannel/lists"
	"backchannel/lists/backchannel"
)

func letterOf(member lists.MemberID, opened, closed time.Time, change func(*backchannel.Entry)) backchannel.Entry {
	e := backchannel.Entry{Code: fmt.Sprint("C", member, opened.Day()), Member: member, Voice: fmt.Sprint("v", member, opened.Month()), Opened: opened, Closed: closed}
	if change != nil {
		change(&e)
	}
	return e
}

// B13: every meter, counted by hand.
func TestCrutchByHand(t *testing.T) {
	f := talk(10, 1)
	f.say(2, 1, ago(20, 0)) // 2 asks in public what they had asked the managers two days before
	f.say(1, 1, ago(19, 0))
	f.say(3, 2, ago(5, 0)) // 3 does, too, but three weeks after
	f.say(4, 2, ago(4, 0))
	f.say(5, 1, ago(30, 0)) // 5 comes back
	public := func(e *backchannel.Entry) { e.Public = true }
	tagged := func(e *backchannel.Entry) { e.Public, e.Tags = true, []string{"fees"} }
	all := []backchannel.Entry{
		letterOf(4, ago(50, 0), ago(49, 0), func(e *backchannel.Entry) { e.First = true }),                                                 // not back within 30 days
		letterOf(5, ago(40, 0), ago(35, 0), func(e *backchannel.Entry) { e.First = true }),                                                 // back
		letterOf(6, ago(39, 0), time.Time{}, func(e *backchannel.Entry) { e.First = true }),                                                // never
		letterOf(7, ago(31, 0), ago(27, 0), public),                                                                                        // waits; not a first letter
		letterOf(2, ago(22, 0), ago(21, 0), public),                                                                                        // bridged by themselves
		letterOf(3, ago(27, 0), ago(25, 0), tagged),                                                                                        // too late: 20 days after it was closed
		letterOf(2, ago(15, 0), ago(14, 0), func(e *backchannel.Entry) { e.Public, e.Published = true, ago(13, 0) }),                       // bridged by /public
		letterOf(2, ago(12, 0), ago(11, 0), func(e *backchannel.Entry) { e.Digest, e.Wanted = true, true }),                                // wanted everybody
		letterOf(8, ago(9, 0), time.Time{}, func(e *backchannel.Entry) { e.Digest, e.First = true, true }),                                 // too young to count as back
		letterOf(0, ago(8, 0), ago(7, 0), func(e *backchannel.Entry) { e.Public, e.Voice = true, "" }),                                     // without a name: nobody is asked
		letterOf(9, ago(90, 0), ago(1, 0), func(e *backchannel.Entry) { e.Public, e.Tags, e.Code = true, []string{"fees", "old"}, "OLD" }), // closed now
	}
	c, acts := f.crutch(all, 9)
	for name, pair := range map[string][2]any{
		"private":  {c.Private, backchannel.Part{N: 6, Of: 8}}, // letters of 27, 22, 15, 12, 9 and 8 days; two new threads
		"before":   {c.PrivateWas, backchannel.Part{N: 4, Of: 4}},
		"public":   {c.Public, backchannel.Part{N: 6, Of: 7}},
		"bridged":  {c.Bridged, backchannel.Part{N: 2, Of: 6}},
		"back":     {c.Back, backchannel.Part{N: 1, Of: 3}},
		"voices":   {c.TopThree, backchannel.Part{N: 5, Of: 5}}, // 2: three, 3 and 8: one each; the one without a name is nobody's
		"wanted":   {c.Wanted, backchannel.Part{N: 1, Of: 2}},
		"managers": {c.First, backchannel.Part{N: 1, Of: 2}},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %+v, want %+v", name, pair[0], pair[1])
		}
	}
	want := []backchannel.Act{{Kind: backchannel.ActPublish, N: 2, Codes: []string{all[3].Code, all[5].Code}}, {Kind: backchannel.ActFear, N: 6, Of: 7}}
	if fmt.Sprint(acts) != fmt.Sprint(want) {
		t.Errorf("%+v\nwant %+v", acts, want)
	}
}

// A figure about one person, or two, is none; the suggestions come from figures alone, and are three at most.
func TestCrutchOfFewPeople(t *testing.T) {
	f := talk(3, 1)
	first := func(e *backchannel.Entry) { e.First = true }
	c, acts := f.crutch([]backchannel.Entry{letterOf(2, ago(40, 0), time.Time{}, first), letterOf(3, ago(41, 0), time.Time{}, first), letterOf(2, ago(3, 0), time.Time{}, nil), letterOf(3, ago(2, 0), time.Time{}, nil)}, 1)
	if !c.Back.Few || !c.TopThree.Few || c.Back.Of+c.TopThree.Of > 0 || len(acts) > 0 {
		t.Errorf("%+v %v", c, acts)
	}
	if c, acts := talk(3, 1).crutch(nil, 1); c != (backchannel.Crutch{}) || acts != nil {
		t.Errorf("of nothing: %+v %v", c, acts)
	}
}

// When the meter speaks up (A2, B13): at its thresholds, not before.
func TestSuggestions(t *testing.T) {
	part := func(n, of int) backchannel.Part { return backchannel.Part{N: n, Of: of} }
	for _, one := range []struct {
		c      backchannel.Crutch
		voices int
		want   backchannel.ActKind
	}{
		{backchannel.Crutch{Wanted: part(3, 10)}, 0, ""},
		{backchannel.Crutch{Wanted: part(4, 10)}, 0, backchannel.ActDoor},
		{backchannel.Crutch{Wanted: part(4, 4)}, 0, ""},
		{backchannel.Crutch{Public: part(2, 3)}, 0, ""},
		{backchannel.Crutch{Public: part(2, 4)}, 0, backchannel.ActFear},
		{backchannel.Crutch{First: part(2, 6)}, 0, ""},
		{backchannel.Crutch{First: part(3, 6)}, 0, backchannel.ActWait},
		{backchannel.Crutch{Back: part(1, 3)}, 0, ""},
		{backchannel.Crutch{Back: part(0, 3)}, 0, backchannel.ActInvite},
		{backchannel.Crutch{TopThree: part(4, 6)}, 4, ""},
		{backchannel.Crutch{TopThree: part(4, 6)}, 5, backchannel.ActLean},
		{backchannel.Crutch{TopThree: part(3, 6)}, 5, ""},
	} {
		acts := suggest(one.c, nil, one.voices)
		if len(acts) > 1 || len(acts) == 1 != (one.want != "") || len(acts) == 1 && acts[0].Kind != one.want {
			t.Errorf("%+v: %+v, want %s", one.c, acts, one.want)
		}
	}
	full := backchannel.Crutch{Wanted: part(9, 9), Public: part(9, 9), First: part(9, 9), Back: part(0, 9), TopThree: part(9, 9)}
	if acts := suggest(full, []backchannel.Entry{{Code: "A", Tags: []string{"fees"}}, {Code: "B", Tags: []string{"fees"}}, {Code: "X"}, {Code: "C", Tags: []string{"fees"}}}, 9); len(acts) != 3 ||
		fmt.Sprint(acts[0]) != fmt.Sprint(backchannel.Act{Kind: backchannel.ActPublish, N: 3, Tag: "fees", Codes: []string{"A", "B", "C"}}) {
		t.Errorf("%+v", acts)
	}
}
