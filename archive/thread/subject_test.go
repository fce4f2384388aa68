package thread

import (
	"strings"
	"testing"
	"time"
)

func TestParseSubject(t *testing.T) {
	for _, c := range []struct {
		in, base       string
		reply, forward bool
	}{
		{"Bees", "Bees", false, false},
		{"  Bees   in\tMay ", "Bees in May", false, false},
		{"Re: Bees", "Bees", true, false},
		{"RE: re: Re: Bees", "Bees", true, false},
		{"Re[2]: Bees", "Bees", true, false},
		{"Rép : Bees", "Bees", true, false},
		{"Re(3): Bees", "Bees", true, false},
		{"Re^2: Bees", "Bees", true, false},
		{"Re*4: Bees", "Bees", true, false},
		{"Re2: Bees", "Bees", true, false},
		{"Re : Bees", "Bees", true, false},
		{"Re:Bees", "Bees", true, false},
		{"AW: Bienen", "Bienen", true, false},
		{"SV: VS: Bier", "Bier", true, false},
		{"Antw: Re: Bijen", "Bijen", true, false},
		{"Odp: Pszczoły", "Pszczoły", true, false},
		{"YNT: Arılar", "Arılar", true, false},
		{"Vá: Méhek", "Méhek", true, false},
		{"RES: Abelhas", "Abelhas", true, false},
		{"Отв: Пчёлы", "Пчёлы", true, false},
		{"回复：蜜蜂", "蜜蜂", true, false},
		{"返信: 蜂", "蜂", true, false},
		{"תגובה: דבורים", "דבורים", true, false},
		{"رد: النحل", "النحل", true, false},
		{"Fwd: Bees", "Bees", false, true},
		{"FW: Re: Bees", "Bees", false, true},
		{"WG: Bienen", "Bienen", false, true},
		{"TR: Abeilles", "Abeilles", false, true},
		{"İLT: Arılar", "Arılar", false, true},
		{"转发：蜜蜂", "蜜蜂", false, true},
		{"Re: Fwd: Bees", "Bees", true, false},
		{"[Fwd: Bees]", "Bees", false, true},
		{"Bees (fwd)", "Bees", false, true},
		{"Re: Bees (fwd)", "Bees", true, false},

		{"[talk] Bees", "[talk] Bees", false, false},
		{"Re: [talk] Bees", "[talk] Bees", true, false},
		{"[talk] Re: Bees", "[talk] Bees", true, false},
		{"[talk] Re: [Talk] AW: Bees", "[talk] Bees", true, false},
		{"Re [talk]: Bees", "Bees", true, false},
		{"[job][remote] Bees", "[job] [remote] Bees", false, false},
		{"[talk]", "[talk]", false, false},
		{"[talk] Re:", "[talk]", true, false},
		{"[] Bees", "[] Bees", false, false},
		{"[[a] Bees", "[[a] Bees", false, false},

		{"", "", false, false},
		{"Re:", "", true, false},
		{": Bees", ": Bees", false, false},
		{"Reply: Bees", "Reply: Bees", false, false},
		{"Regarding re: Bees", "Regarding re: Bees", false, false},
		{"R: how to plot", "R: how to plot", false, false},
		{"FS: a bicycle", "FS: a bicycle", false, false},
		{"re|aw: Bees", "re|aw: Bees", false, false},
		{"Bees: a question", "Bees: a question", false, false},
	} {
		got := ParseSubject(c.in)
		if got.Base != c.base || got.Reply != c.reply || got.Forward != c.forward {
			t.Errorf("ParseSubject(%q) = %q, reply %v, forward %v; want %q, %v, %v", c.in, got.Base, got.Reply, got.Forward, c.base, c.reply, c.forward)
		}
	}
}

func TestNormalSubject(t *testing.T) {
	for _, same := range [][]string{
		{"Bees", "re: BEES", "[Fwd: bees]", "Bees (was: Wasps)", "Re: bees (Was Re: Wasps (was: Flies))"},
		{"[talk] Bees", "[Talk] Re: bees", "Re: [TALK] Bees"},
		{"", "Re:", "Fwd: AW:"},
	} {
		for _, s := range same[1:] {
			if a, b := NormalSubject(same[0]), NormalSubject(s); a != b {
				t.Errorf("%q and %q are two topics: %q, %q", same[0], s, a, b)
			}
		}
	}
	for _, differ := range [][2]string{
		{"[job] Berlin", "[event] Berlin"}, {"Bees", "Bees 2"}, {"Bees (wasp)", "Bees"}, {"(was: Wasps)", ""},
	} {
		if NormalSubject(differ[0]) == NormalSubject(differ[1]) {
			t.Errorf("%q and %q are one topic", differ[0], differ[1])
		}
	}
}

// A subject may be as long as a header field; whatever it is made of, taking it apart costs linear time (B8).
func TestSubjectIsLinear(t *testing.T) {
	for _, piece := range []string{"Re: ", "[a] ", "[a]", "[Fwd: ", "(fwd)", "(was: ", "(was:)", "x ", ":", "：", "[", ")", "Re[1]: [b1] "} {
		start := time.Now()
		for range 20 {
			ParseSubject(strings.Repeat(piece, 32<<10/len(piece)))
		}
		if d := time.Since(start) / 20; d > 2*time.Second { // far beyond what other work on the machine explains; the square of 32 KiB would take longer
			t.Errorf("32 KiB of %q took %v", piece, d)
		}
	}
}

func FuzzSubject(f *testing.F) {
	for _, s := range []string{"Re: [talk] AW[2]: Bees (was: Wasps)", "[Fwd: [a] Re: b (fwd)]", "回复：Re:[x]", "(was: (was:)", "[a][b][c][d][e][f][g][h][i]", "\xff\xfe:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := ParseSubject(s)
		if again := ParseSubject(got.Base); again.Base != got.Base || again.Reply && again.Base == got.Base && got.Base != "" {
			t.Errorf("%q: %q becomes %q", s, got.Base, again.Base)
		}
		if re := ParseSubject("Re: " + s); re.Key != got.Key || !re.Reply {
			t.Errorf("an answer to %q is about %q", s, re.Key)
		}
		if strings.ContainsAny(got.Base, "\r\n\t") {
			t.Errorf("%q: %q is not one line", s, got.Base)
		}
	})
}
