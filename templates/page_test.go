package templates

import (
	"bytes"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

type pageRenderer interface{ Render() ([]byte, error) }

// pageSamples are the pages that belong to nobody, in a language.
func pageSamples(l Language) map[string]pageRenderer {
	out, form, below := Room{In: l}, Room{In: l, Nonce: "n0nce"}, Room{Base: "/lists", In: l}
	return map[string]pageRenderer{
		"button":         ButtonPage{form, bc, "Garden talk", false, []string{"Jobs"}, false, "managers@cmtybc.example"},
		"button-alone":   ButtonPage{Room: form, Community: bc, List: "Garden talk", Managers: "managers@cmtybc.example"},
		"button-digest":  ButtonPage{Room: Room{Base: "/lists", In: l, Nonce: "n0nce"}, Community: bc, Stale: true, Others: []string{"Jobs", "Garden talk"}, Managers: "managers@cmtybc.example"},
		"button-off":     ButtonPage{Room: out, Community: bc, List: "Garden talk", Off: true, Others: []string{"Jobs"}, Managers: "managers@cmtybc.example"},
		"button-none":    ButtonPage{Room: out, Community: bc, Off: true, Managers: "managers@cmtybc.example"},
		"pressed":        PressedPage{Room: out, Community: bc, List: "Garden talk", Others: []string{"Jobs"}, Managers: "managers@cmtybc.example"},
		"pressed-digest": PressedPage{Room: out, Community: bc, Managers: "managers@cmtybc.example"},
		"front":          FrontPage{Room: out},
		"front-signin":   FrontPage{below, "/in"},
		"missing":        MissingPage{out},
		"sorry":          SorryPage{out, ManyRequests},
		"sorry-large":    SorryPage{out, TooLarge},
		"sorry-method":   SorryPage{out, OnlyToSee},
		"sorry-broken":   SorryPage{below, Failed},
		"sorry-foreign":  SorryPage{out, Foreign},
		"sorry-unread":   SorryPage{out, Unread},
		"sorry-busy":     SorryPage{out, Busy},
	}
}

// What managers call their lists is text, whatever it looks like.
func TestPagesEscape(t *testing.T) {
	got, err := ButtonPage{Room: Room{Nonce: `"><b>`}, Community: "A&B", List: `<script>alert("1")</script>`, Managers: "m@x.example"}.Render()
	if err != nil || bytes.Contains(got, []byte("<script")) || bytes.Contains(got, []byte("<b>")) || !bytes.Contains(got, []byte("A&amp;B")) {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestPagesWantTheirFields(t *testing.T) {
	for _, p := range []pageRenderer{ButtonPage{Community: "A", Managers: "m@x.example"}, ButtonPage{Room: Room{Nonce: "1"}, Managers: "m@x.example"}, PressedPage{Community: "A"}} {
		if _, err := p.Render(); err == nil || !strings.Contains(err.Error(), "is missing") {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

// Text must be readable by everybody (WCAG 2.2 AA: 4.5 to 1), on both grounds.
func TestPageContrast(t *testing.T) {
	themes := regexp.MustCompile(`:root \{[^}]*--paper[^}]*\}`).FindAllString(string(Style()), -1)
	if len(themes) != 2 {
		t.Fatal(themes)
	}
	for i, theme := range themes {
		colour := map[string][]float64{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{3,6});`).FindAllStringSubmatch(theme, -1) {
			colour[m[1]] = []float64{luminance(m[2])}
		}
		for _, pair := range [][2]string{{"ink", "card"}, {"soft", "card"}, {"ink", "note"}, {"deed-ink", "deed"}, {"ink", "paper"}, {"deed", "card"}, {"soft", "paper"}, {"deed", "paper"}} {
			a, b := colour[pair[0]][0], colour[pair[1]][0]
			if c := (max(a, b) + 0.05) / (min(a, b) + 0.05); c < 4.5 {
				t.Errorf("theme %d: %s on %s has a contrast of %.1f", i, pair[0], pair[1], c)
			}
		}
	}
	if !bytes.HasPrefix(Icon(), []byte("<svg ")) || slices.Contains(Icon(), 0) {
		t.Error("the icon is no SVG")
	}
}

// luminance is that of WCAG, of a colour in hexadecimal digits.
func luminance(hex string) (l float64) {
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			return 0
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}
