package courier

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestPolicyIsWhatItSays(t *testing.T) {
	p := Policy{Mode: STSEnforce, MX: []string{"mx.gardeners.example", "*.backup.example"}, MaxAge: 7 * 24 * time.Hour}
	want := "version: STSv1\r\nmode: enforce\r\nmx: mx.gardeners.example\r\nmx: *.backup.example\r\nmax_age: 604800\r\n"
	if p.String() != want {
		t.Errorf("%q", p.String())
	}
	again, err := ParsePolicy([]byte(want))
	if err != nil || !reflect.DeepEqual(again, p) {
		t.Errorf("%+v %v", again, err)
	}
	if id, ok := ParseSTSRecord([]string{"something else", p.Record()}); !ok || id != p.ID() {
		t.Errorf("%q gives %q %v", p.Record(), id, ok)
	}
	other := p
	other.MaxAge -= time.Second
	if other.ID() == p.ID() {
		t.Error("two policies of one id")
	}
	if PolicyURL("gardeners.example") != "https://mta-sts.gardeners.example/.well-known/mta-sts.txt" {
		t.Error(PolicyURL("gardeners.example"))
	}
}

func TestPolicyAllows(t *testing.T) {
	p := Policy{MX: []string{"mx.north.test", "*.south.test"}}
	for host, want := range map[string]bool{
		"mx.north.test": true, "MX.North.test.": true, "a.mx.north.test": false, "north.test": false,
		"a.south.test": true, "a.b.south.test": false, "south.test": false, ".south.test": false, "evilsouth.test": false,
	} {
		if p.Allows(host) != want {
			t.Errorf("%s: %v", host, !want)
		}
	}
}

// Each fault of a policy, in words.
func TestPolicyFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "the policy lacks version, mode or max_age",
		"version: STSv1\nmode: none\n": "the policy lacks version, mode or max_age",
		"version: STSv2\nmode: none\nmax_age: 1\n":                      "the policy is of another version than STSv1",
		"version: STSv1\nmode: strict\nmx: a.test\nmax_age: 1\n":        "the policy has a mode that is none of enforce, testing, none",
		"version: STSv1\nmode: enforce\nmax_age: 1\n":                   "the policy names no mail host",
		"version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1\n":          "the policy names a mail host that no host can have",
		"version: STSv1\nmode: enforce\nmx: *.*.test\nmax_age: 1\n":     "the policy names a mail host that no host can have",
		"version: STSv1\nmode: enforce\nmx: a.test\nmax_age: -1\n":      "the policy has a max_age that is no number of seconds",
		"version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 1e3\n":     "the policy has a max_age that is no number of seconds",
		"<html>\nversion: STSv1\nmode: none\nmax_age: 1\n":              "the policy has a line without a colon",
		"version: STSv1\n" + strings.Repeat("mx: a.test\n", 101):        "the policy names more than 100 mail hosts",
		"version: STSv1\n" + strings.Repeat("x: y\n", policyMost/5+100): "the policy has more than 64 KiB",
	} {
		if _, err := ParsePolicy([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
	}
}

// What a policy of a stranger may look like and still be one.
func TestPolicyLeniently(t *testing.T) {
	p, err := ParsePolicy([]byte("version:STSv1\n\nmode :  enforce \nmode: none\nmx: MX.Test.\nnews: x:y\nmax_age: 9999999999"))
	if want := (Policy{Mode: STSEnforce, MX: []string{"mx.test"}, MaxAge: policyOldest * time.Second}); err != nil || !reflect.DeepEqual(p, want) {
		t.Errorf("%+v %v", p, err)
	}
	if p, err := ParsePolicy([]byte("version: STSv1\nmode: none\nmax_age: 60\n")); err != nil || p.Mode != STSNone {
		t.Errorf("%+v %v", p, err)
	}
}

func TestSTSRecord(t *testing.T) {
	for _, c := range []struct {
		records []string
		id      string
		ok      bool
	}{
		{nil, "", false},
		{[]string{"v=spf1 -all"}, "", false},
		{[]string{"v=STSv1; id=20160831085700Z;"}, "20160831085700Z", true},
		{[]string{"v=STSv1;id=a", "other"}, "a", true},
		{[]string{"v=STSv1; x=y; id = a ;"}, "a", true},
		{[]string{"v=STSv1; id=a", "v=STSv1; id=b"}, "", false},
		{[]string{"v=STSv1"}, "", false},
		{[]string{"v=STSv10; id=a"}, "", false},
		{[]string{"v=STSv1; id="}, "", false},
		{[]string{"v=STSv1; id=a-b"}, "a-b", false},
		{[]string{"v=STSv1; id=" + strings.Repeat("a", 33)}, strings.Repeat("a", 33), false},
	} {
		if id, ok := ParseSTSRecord(c.records); ok != c.ok || ok && id != c.id {
			t.Errorf("%q: %q %v", c.records, id, ok)
		}
	}
}

// FuzzParsePolicy: whatever is read can be written, and means the same again.
func FuzzParsePolicy(f *testing.F) {
	f.Add("version: STSv1\r\nmode: enforce\r\nmx: mx.test\r\nmx: *.test\r\nmax_age: 604800\r\n", "v=STSv1; id=1;")
	f.Add("version: STSv1\nmode: none\nmax_age: 0", "v=STSv1;;id=Z9")
	f.Fuzz(func(t *testing.T, text, record string) {
		if id, ok := ParseSTSRecord([]string{record}); ok && (id == "" || len(id) > 32) {
			t.Errorf("%q gives %q", record, id)
		}
		p, err := ParsePolicy([]byte(text))
		if err != nil {
			return
		}
		again, err := ParsePolicy([]byte(p.String()))
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("%+v became %+v %v", p, again, err)
		}
		for _, host := range p.MX {
			if !p.Allows(strings.Replace(host, "*", "any", 1)) {
				t.Errorf("%q does not allow itself", host)
			}
		}
	})
}
