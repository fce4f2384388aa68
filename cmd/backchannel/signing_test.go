package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/foxcpp/go-mockdns"
	"github.com/rogpeppe/go-internal/testscript"

	"backchannel/archive/letter"
	"backchannel/smtpd/mailauth"
)

// signed looks at all letters in the outbox as their receivers would (M6).
func signed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: signed DOMAIN SELECTOR …")
	}
	k, err := loadDKIM(ts.MkAbs(filepath.Join("data", keysName)), time.Now())
	ts.Check(err)
	zones := map[string]mockdns.Zone{}
	for _, r := range k.records(args[0]) {
		zones[r.Name+"."] = mockdns.Zone{TXT: []string{r.Value}}
	}
	files, _ := filepath.Glob(ts.MkAbs(filepath.Join("data", "outbox", "*", "*.eml")))
	var used []string
	for _, name := range files {
		raw, err := os.ReadFile(name)
		ts.Check(err)
		l, err := letter.Parse(raw)
		ts.Check(err)
		f := mailauth.CheckLetter(context.Background(), &mockdns.Resolver{Zones: zones}, mailauth.Session{At: time.Now()}, l)
		good := ""
		for _, s := range f.Signatures {
			if s.Domain == args[0] && s.Result == "pass" {
				good = s.Selector
			}
		}
		if good == "" {
			ts.Fatalf("%s is not signed: %s\n%s", name, f.Why, raw)
		}
		used = append(used, good)
	}
	for _, s := range args[1:] {
		if !slices.Contains(used, s) {
			ts.Fatalf("%s has signed nothing of %d letters; used: %s", s, len(files), strings.Join(used, " "))
		}
	}
}
