package mailauth

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/foxcpp/go-mockdns"
)

// passOn plays one who passes a letter on: they look at it, change something below the header, write down what they found, and seal.
func passOn(t *testing.T, raw, by string, change func(string) string) string {
	t.Helper()
	l := mustParse(t, []byte(raw))
	f := CheckLetter(t.Context(), sealers(), Session{At: noon, MailFrom: addr("ann@east.test")}, l)
	results := ChainResults("mx."+by, f, Session{MailFrom: addr("ann@east.test")}, addr("ann@east.test"))
	if results == "" {
		return raw
	}
	h := l.Header()
	if err := h.Prepend("ARC-Authentication-Results", results); err != nil {
		t.Fatal(err)
	}
	head, body := cutHead(change(string(l.With(h))))
	s := ourSigner()
	field, err := s.Sign(head, body, by)
	if err != nil {
		t.Fatal(err)
	}
	head = append(field, head...)
	set, err := s.Seal(head, body, by)
	if err != nil {
		t.Fatal(err)
	}
	return string(set) + string(head) + string(body)
}

func sealers() *mockdns.Resolver {
	zones := map[string]mockdns.Zone{}
	for _, d := range []string{"list.test", "school.test"} {
		name, value := ourKey().Record(d)
		zones[name+"."] = mockdns.Zone{TXT: []string{value}}
	}
	return &mockdns.Resolver{Zones: zones}
}

func unchanged(s string) string { return s }

// RFC 8617 §5.1: what we seal is a chain, over one hop and over several.
func TestSeal(t *testing.T) {
	one := passOn(t, listMail, "list.test", unchanged)
	two := passOn(t, one, "school.test", func(s string) string { return strings.Replace(s, "Subject: Beans", "Subject: [School] Beans", 1) })
	three := passOn(t, two, "list.test", unchanged)
	for name, c := range map[string]struct {
		raw     string
		result  string
		sealers string
	}{
		"one":                {one, "pass", "list.test"},
		"two":                {two, "pass", "list.test school.test"},
		"three":              {three, "pass", "list.test school.test list.test"},
		"changed afterwards": {strings.Replace(two, "They", "Thy", 1), "fail", "list.test school.test"},
		"a found word changed": {strings.Replace(two, "ARC-Authentication-Results: i=1; mx.list.test", "ARC-Authentication-Results: i=1; mx.evil.test", 1),
			"fail", "list.test school.test"},
	} {
		f := CheckLetter(t.Context(), sealers(), Session{At: noon}, mustParse(t, []byte(c.raw)))
		if f.ARC == nil || f.ARC.Result != c.result || strings.Join(f.ARC.Sealers, " ") != c.sealers {
			t.Errorf("%s: %+v\n%s", name, f.ARC, c.raw)
		}
	}
	if !strings.Contains(one, " cv=none;") || !strings.Contains(two, " cv=pass;") {
		t.Errorf("%s\n%s", one, two)
	}
}

// The chain is passed on as it was found: a broken one is sealed as broken, once, and one that nobody can read not at all.
func TestSealBrokenChains(t *testing.T) {
	one := passOn(t, listMail, "list.test", unchanged)
	broken := strings.Replace(one, "They", "Thy", 1)
	declared := passOn(t, broken, "school.test", unchanged)
	if !strings.Contains(declared, " cv=fail;") || !strings.Contains(declared, "arc=fail") {
		t.Fatalf("%s", declared)
	}
	if f := CheckLetter(t.Context(), sealers(), Session{At: noon}, mustParse(t, []byte(declared))); f.ARC.Result != "fail" || f.ARC.Why != whyCV {
		t.Errorf("%+v", f.ARC)
	}
	if again := passOn(t, declared, "list.test", unchanged); again != declared {
		t.Errorf("a chain declared broken goes on:\n%s", again)
	}
	for name, f := range map[string]Finding{
		"no answer":     {Why: "x", ARC: &Chain{Result: "temperror", Sealers: []string{"a.test"}}},
		"unreadable":    {Why: "x", ARC: &Chain{Result: "fail", Why: whySets}},
		"full":          {Why: "x", ARC: &Chain{Result: "pass", Sealers: make([]string, maxHops)}},
		"nobody looked": {},
		"written by us": {Why: "x", Login: true},
	} {
		if got := ChainResults("mx.test", f, Session{}, addr("ann@east.test")); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
	for name, head := range map[string]string{
		"none":            "From: a@list.test\r\n\r\n",
		"sealed":          one[:strings.Index(one, "\r\n\r\n")+4],
		"a gap":           "ARC-Authentication-Results: i=2; mx.list.test; none\r\nFrom: a@list.test\r\n\r\n",
		"twice":           "ARC-Authentication-Results: i=1; a; none\r\nARC-Authentication-Results: i=1; b; none\r\nFrom: a@list.test\r\n\r\n",
		"nonsense":        "ARC-Authentication-Results: x\r\nFrom: a@list.test\r\n\r\n",
		"a strange order": "ARC-Seal: i=1; cv=none; b=x\r\nFrom: a@list.test\r\n\r\n",
	} {
		if set, err := ourSigner().Seal([]byte(head), nil, "list.test"); set != nil || err != nil {
			t.Errorf("%s: %s, %v", name, set, err)
		}
	}
}

func TestInteropARC(t *testing.T) {
	python := dkimpy(t)
	const script = `import sys, dkim
records = dict(zip(sys.argv[1::2], sys.argv[2::2]))
cv, results, reason = dkim.arc_verify(sys.stdin.buffer.read(), dnsfunc=lambda n, timeout=5: records.get(n.decode().rstrip("."), "").encode())
print(cv, reason)`
	args := []string{"-c", script}
	for _, d := range []string{"list.test", "school.test"} {
		name, value := ourKey().Record(d)
		args = append(args, name, value)
	}
	one := passOn(t, listMail, "list.test", unchanged)
	two := passOn(t, one, "school.test", func(s string) string { return strings.Replace(s, "Subject: Beans", "Subject: [School] Beans", 1) })
	broken := passOn(t, strings.Replace(one, "They", "Thy", 1), "school.test", unchanged)
	for want, raws := range map[string][]string{
		"b'pass'": {one, two}, "b'fail'": {strings.Replace(two, "They", "Thy", 1)}, "None ARC-Seal[2] reported failure": {broken},
	} {
		for _, raw := range raws {
			cmd := exec.CommandContext(t.Context(), python, args...)
			cmd.Stdin = strings.NewReader(raw)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.HasPrefix(string(out), want) {
				t.Errorf("dkimpy says %s %v, want %s\n%s", out, err, want, raw)
			}
		}
	}
}
