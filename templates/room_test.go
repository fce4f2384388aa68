package templates

import (
	"bytes"
	"image"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/templates/refusal"
)

func roomSamples(l Language) map[string]pageRenderer {
	in := Room{In: l, Who: "dana@north.example", Nonce: "n0nce"}
	out := Room{In: l, Nonce: "n0nce"}
	at := time.Date(2026, 6, 9, 14, 30, 0, 0, time.FixedZone("CEST", 7200))
	post := ReadPost{Seq: 12, Path: "/archive/cmtybc.example/talk/12", By: "Bill Tan", At: at, Text: "Mine is too wet.\n\nSee https://compost.example/wet?a=1&b=2. <b>Really</b>", Cut: true,
		Files: []FileLine{{"/archive/cmtybc.example/talk/12/file/1", "heap.jpg", 123456}}}
	removed := ReadPost{Seq: 13, Path: "/archive/cmtybc.example/talk/13", At: at, Removed: true}
	redacted := ReadPost{Seq: 14, Path: "/archive/cmtybc.example/talk/14", At: at, Redacted: true, Subject: "Another matter", Text: "The managers took a name out."}
	list, threads := "/archive/cmtybc.example/talk", "/archive/cmtybc.example/talk/thread/418"
	mine := []Choices{{
		"cmtybc.example", bc, "help@cmtybc.example", "leave@cmtybc.example", Slot{Weekly, time.Friday, 8, "Europe/Berlin"}, true, German, true,
		[]ListChoice{{"talk", "Garden talk", InDigest}, {"jobs", "Jobs", EachPost}}, true, "off", "on",
	}, {Domain: "nurses.example", Community: "Nurses", Help: "help@nurses.example", Leave: "leave@nurses.example", Slot: Slot{Daily, 0, 0, "UTC"}, Tongue: English}}
	all := pageSamples(l)
	maps.Copy(all, letterSamples(l))
	maps.Copy(all, heldPages(l))
	maps.Copy(all, map[string]pageRenderer{
		"signin":        SignInPage{Room: out},
		"signin-wrong":  SignInPage{Room: out, To: "/archive", Address: "dana@north.example", Wrong: true},
		"signin-many":   SignInPage{Room: out, Many: true},
		"signin-stale":  SignInPage{Room: out, Stale: true},
		"sent":          LinkSentPage{Room{In: l}},
		"enter":         EnterPage{Room: out, Address: "dana@north.example"},
		"enter-stale":   EnterPage{Room: out, Address: "dana@north.example", Stale: true},
		"gone":          GonePage{Room{In: l}},
		"archive":       ArchivePage{in, []Shelf{{list, "Garden talk", "talk@cmtybc.example", at}, {"/archive/cmtybc.example/jobs", "Jobs", "jobs@cmtybc.example", time.Time{}}}},
		"archive-none":  ArchivePage{Room: in},
		"archive-desk":  ArchivePage{Room: Room{In: l, Base: "/lists", Who: "mira@lowe.example", Nonce: "n0nce", Held: "/held", Letters: "/letters"}},
		"threads":       ThreadsPage{in, "Garden talk", "talk@cmtybc.example", list, []ThreadLine{{threads, "Compost", "Bill Tan", 3, at}, {threads, "", "", 1, at}}, list, list + "?page=3"},
		"threads-empty": ThreadsPage{Room: in, List: "Jobs", Ident: "jobs@cmtybc.example", Path: list},
		"thread":        ThreadPage{in, "Garden talk", list, "Compost", []ReadPost{post, removed, redacted}, threads + "?page=3", threads},
		"post":          PostPage{in, "Garden talk", list, threads + "#p12", "Compost", post},
		"post-removed":  PostPage{in, "Garden talk", list, threads + "#p13", "", removed},
		"found":         FoundPage{Room: in, Words: "wet", Where: "talk@cmtybc.example", Name: "Garden talk", Found: []FoundPost{{post.Path, "Compost", "Bill Tan", "Garden talk", at, "Mine is too wet."}}, Most: 50},
		"found-none":    FoundPage{Room: in, Words: "dragon"},
		"found-why":     FoundPage{Room: in, Words: "-x", Why: refusal.Say(refusal.Invalid, "search.none")},
		"found-ask":     FoundPage{Room: in},
		"choices":       ChoicesPage{Room: in, All: mine},
		"choices-done":  ChoicesPage{Room: in, All: mine, Done: true, Undo: "talk EACH", Seal: "s3al", Domain: "cmtybc.example"},
		"choices-left":  ChoicesPage{Room: in, All: mine, Left: "Jobs", Undo: "jobs EACH", Seal: "s3al", Domain: "cmtybc.example"},
		"choices-same":  ChoicesPage{Room: in, All: mine, Same: true},
		"choices-why":   ChoicesPage{Room: in, All: mine, Why: refusal.Say(refusal.Conflict, "list.none")},
	})
	return all
}

// Every page as it looks in English, and that it can be written in every language; none of them runs anything (B7).
func TestRoomPages(t *testing.T) {
	used := map[string]bool{"frame": true}
	for _, l := range Languages() {
		for name, p := range roomSamples(l) {
			got, err := p.Render()
			if err != nil {
				t.Errorf("%s: %s: %v", l.Name(), name, err)
				continue
			}
			if l == English {
				compare(t, filepath.Join("testdata", "room", name+".html"), string(got))
			}
			kind, _, _ := strings.Cut(name, "-")
			used[kind] = true
			if bad := regexp.MustCompile(`(?i)<script|\son[a-z]+=|style=|<style|src=|javascript:|<b>Really`).Find(got); bad != nil {
				t.Errorf("%s: %q has no place in a page", name, bad)
			}
			for _, link := range regexp.MustCompile(`<a [^>]*href="https?://[^>]*>`).FindAllString(string(got), -1) {
				if !strings.Contains(link, `rel="noreferrer noopener nofollow"`) {
					t.Errorf("%s: %s", name, link)
				}
			}
			if !bytes.Contains(got, []byte(`<html lang="`+string(l)+`">`)) || bytes.Count(got, []byte("<h1>")) != 1 || bytes.Contains(got, []byte("%s")) || bytes.Contains(got, []byte(kept)) {
				t.Errorf("%s: %s\n%s", l.Name(), name, got)
			}
			// Every field that people see has a label.
			for _, m := range regexp.MustCompile(`<(?:input|select|textarea)[^>]* id="([^"]+)"`).FindAllSubmatch(got, -1) {
				if !bytes.Contains(got, []byte(`<label for="`+string(m[1])+`"`)) {
					t.Errorf("%s: %s has no label", name, m[1])
				}
			}
		}
	}
	kept, err := os.ReadDir(filepath.Join("testdata", "room"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range kept {
		if roomSamples(English)[strings.TrimSuffix(e.Name(), ".html")] == nil {
			t.Errorf("testdata/room/%s belongs to no sample", e.Name())
		}
	}
	names, err := fs.Glob(pages, "page/room/*.html")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		if !used[strings.TrimSuffix(filepath.Base(name), ".html")] {
			t.Errorf("%s has no sample", name)
		}
	}
}

// Every language has every sentence, with as many gaps, and the pages use each of them.
func TestPageWordsAreWhole(t *testing.T) {
	english, err := pageWords[English]()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range Languages() {
		words, err := pageWords[l]()
		if err != nil {
			t.Fatal(err)
		}
		if a, b := slices.Sorted(maps.Keys(english)), slices.Sorted(maps.Keys(words)); !slices.Equal(a, b) {
			t.Errorf("%s has other keys:\n%v\n%v", l.Name(), a, b)
		}
		for key, sentence := range words {
			if strings.Count(sentence, "%s") != strings.Count(english[key], "%s") || strings.Count(sentence, "%") != strings.Count(sentence, "%s") {
				t.Errorf("%s: %s = %s", l.Name(), key, sentence)
			}
		}
	}
}

// What a person wrote is text, and its links say so to search engines and other hosts.
func TestLinked(t *testing.T) {
	for said, want := range map[Said]string{
		"a < b & c":                     "a &lt; b &amp; c",
		"see https://a.example/x.":      `see <a href="https://a.example/x" rel="noreferrer noopener nofollow">https://a.example/x</a>.`,
		`http://a.example/"onclick=x`:   `<a href="http://a.example/" rel="noreferrer noopener nofollow">http://a.example/</a>&#34;onclick=x`,
		"javascript:alert(1)":           "javascript:alert(1)",
		"<script>https://</script>":     "&lt;script&gt;https://&lt;/script&gt;",
		"data:text/html,<b>x</b> @ <a>": "data:text/html,&lt;b&gt;x&lt;/b&gt; @ &lt;a&gt;",
	} {
		if got := string(linked(said)); got != want {
			t.Errorf("%q:\n got %s\nwant %s", said, got, want)
		}
	}
}

func FuzzLinked(f *testing.F) {
	for _, s := range []string{"https://a.example/<b>", `http://x"y`, "http://a\x00b", "&lt;http://&amp;"} {
		f.Add(s)
	}
	inside := regexp.MustCompile(`<a href="https?://[^"<>]*" rel="noreferrer noopener nofollow">[^<>]*</a>`)
	f.Fuzz(func(t *testing.T, s string) {
		if rest := inside.ReplaceAllString(string(linked(Said(s))), ""); strings.ContainsAny(rest, "<>") {
			t.Errorf("%q breaks out: %s", s, rest)
		}
	})
}

func TestLanguageFor(t *testing.T) {
	for accept, want := range map[string]Language{
		"": English, "de": German, "de-AT,en;q=0.5": German, "nl, fr;q=0.8, en;q=0.9": English, "pt,es;q=0.3": Spanish, "JA": Japanese, "x;q=9,;;;,,": English, "fr;q=x": English, "fr;q=0": English,
		strings.Repeat("xx,", 1000) + "de": English,
	} {
		if got := LanguageFor(accept); got != want {
			t.Errorf("%.40q: %s", accept, got)
		}
	}
}

// What fills a gap fills no other.
func TestSay(t *testing.T) {
	words := sentences{"x": "%s and %s"}
	if got, err := words.say("x", "%s", "b"); err != nil || got != "% s and b" {
		t.Error(got, err)
	}
	for _, key := range []string{"x", "y"} {
		if _, err := words.say(key); err == nil {
			t.Error(key)
		}
	}
}

// How a thread, the door and the settings look on a phone and on a desk, by day and by night. The pictures in docs/pictures are drawn with
// -update.
func TestRoomScreenshots(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium here")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "style.css"), Style(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		page, name    string
		width, height int
		dark          bool
	}{
		{"thread", "archive-phone-light", 500, 1000, false}, {"thread", "archive-phone-dark", 500, 1000, true},
		{"thread", "archive-desk-light", 1000, 800, false}, {"thread", "archive-desk-dark", 1000, 800, true},
		{"signin", "signin-phone-light", 500, 900, false}, {"choices", "settings-phone-dark", 500, 1500, true}, {"choices", "settings-desk-light", 1000, 1200, false},
		{"held", "held-phone-light", 500, 1000, false}, {"heldpost-asked", "held-post-phone-dark", 500, 2000, true}, {"heldpost", "held-post-desk-light", 1000, 1500, false},
		{"letters", "letters-phone-light", 500, 1100, false}, {"letters", "letters-desk-dark", 1000, 900, true},
		{"letter", "letter-phone-dark", 500, 3000, true}, {"letter-kept", "letter-desk-light", 1000, 2700, false},
	} {
		html, err := roomSamples(English)[c.page].Render()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, c.name+".html")
		if err := os.WriteFile(file, bytes.ReplaceAll(html, []byte(`href="/style.css"`), []byte(`href="style.css"`)), 0o644); err != nil {
			t.Fatal(err)
		}
		picture := draw(t, browser, file, c.width, c.height, c.dark)
		if ground := brightness(picture.At(2, 2)); c.dark != (ground < 100) {
			t.Errorf("%s: the ground has the brightness %d", c.name, ground)
		}
		if n := drawn(picture, image.Rect(c.width-8, 0, c.width, c.height)); n > 0 {
			t.Errorf("%s: %d points stand at the right edge", c.name, n)
		}
		if *update {
			keepPicture(t, c.name, picture)
		}
	}
}
