package mailauth

import (
	"strings"
	"testing"
)

func TestRecordGrammar(t *testing.T) {
	for record, want := range map[string]bool{
		"v=spf1":                             true,
		"v=spf1 ":                            true,
		"V=SPF1 -ALL":                        true,
		"v=spf1  a   mx -all":                true,
		"v=spf1 include:_spf.east.test ~all": true,
		"v=spf1 a/24//64 mx:east.test/0//128 ?all": true,
		"v=spf1 a//64": true,
		"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32":           true,
		"v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all":            true,
		"v=spf1 redirect=%{d}.east.test":                      true,
		"v=spf1 exp=why.east.test -all":                       true,
		"v=spf1 moo.cow-far_out=man:dog/cat":                  true,
		"v=spf1 a:east.test.":                                 true,
		"v=spf1 a:xn--bcher-kva.xn--p1ai":                     true,
		"v=spf1 ptr ptr:east.test":                            true,
		"v=spf1 all/8":                                        false,
		"v=spf1 all=moo":                                      true, // an unknown modifier, whatever its name
		"v=spf1 -moo=cow":                                     false,
		"v=spf1 a:east.test,b.test":                           true, // odd, but "," is a macro-literal and "test" a top label
		"v=spf1 ip4:192.0.2.1,":                               false,
		"v=spf1 ip4 -all":                                     false,
		"v=spf1 ip4:192.0.2.0/024":                            false,
		"v=spf1 a/033":                                        false,
		"v=spf1 a:localhost":                                  false,
		"v=spf1 a:192.0.2.1":                                  false,
		"v=spf1 a:east.-test":                                 false,
		"v=spf1 mx:":                                          false,
		"v=spf1 include -all":                                 false,
		"v=spf1 exists:%{c}.east.test":                        false,
		"v=spf1 exists:%{i.east.test":                         false,
		"v=spf1 exists:%i.east.test":                          false,
		"v=spf1 redirect=a.test redirect=b.test":              false,
		"v=spf1 exp=a.test EXP=b.test":                        false,
		"v=spf1 exp= -all":                                    false,
		"v=spf1 all\t-all":                                    false,
		"v=spf1 a:b\u00fccher.test":                           false,
		"v=spf1 =":                                            false,
		"v=spf1 include:" + strings.Repeat("a.", 4000) + "-":  false,
		"v=spf1 include:" + strings.Repeat("a.", 40) + "test": true,
	} {
		if got := wellFormed(record); got != want {
			t.Errorf("%.80q: %v, want %v", record, got, want)
		}
	}
}

func TestIsSPF(t *testing.T) {
	for record, want := range map[string]bool{
		"v=spf1": true, "v=spf1 ": true, "V=sPf1 a": true, "v=spf10": false, "v=spf1\ta": false, " v=spf1": false, "": false, "spf2.0/pra": false,
	} {
		if got := isSPF(record); got != want {
			t.Errorf("%q: %v", record, got)
		}
	}
}

// FuzzRecord: whatever word makes a record wrong makes every longer record wrong, and case does not matter.
func FuzzRecord(f *testing.F) {
	f.Add("v=spf1 a/24//64 mx:%{d}.test", "ip4:1.2.3.4/33")
	f.Add("v=spf1 redirect=a.test", "redirect=b.test")
	f.Add("v=spf1 x=%{c}", "-all")
	f.Fuzz(func(t *testing.T, record, more string) {
		if !isSPF(record) {
			return
		}
		if !wellFormed(record) && wellFormed(record+" "+more) {
			t.Errorf("%q is wrong, with %q behind it it is not", record, more)
		}
		if wellFormed(record) && !wellFormed(record+"  ") {
			t.Errorf("%q: blanks at the end make it wrong", record)
		}
		for i := range len(record) {
			if record[i] >= 0x80 && wellFormed(record) {
				t.Errorf("%q has 8-bit bytes", record)
			}
		}
	})
}
