package templates

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// How a digest looks on a phone and on a desk, by day and by night: a browser draws it without asking anybody for anything, nothing stands
// out over its edge, and it follows the colours of the reader. The pictures in docs/pictures are drawn with -update.
func TestScreenshots(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium here")
	}
	var digest Mail
	for _, s := range digestSamples() {
		if s.name == "digest" {
			if digest, err = s.mail.Render(); err != nil {
				t.Fatal(err)
			}
		}
	}
	page := filepath.Join(t.TempDir(), "digest.html")
	if err := os.WriteFile(page, []byte(digest.HTML), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name          string
		width, height int
		dark          bool
	}{{"phone-light", 390, 1500, false}, {"phone-dark", 390, 1500, true}, {"desk-light", 1000, 1200, false}, {"desk-dark", 1000, 1200, true}} {
		t.Run(c.name, func(t *testing.T) {
			picture := draw(t, browser, page, c.width, c.height, c.dark)
			ground := brightness(picture.At(2, 2))
			if c.dark != (ground < 100) {
				t.Errorf("the ground has the brightness %d", ground)
			}
			if n := drawn(picture, image.Rect(0, 0, c.width, c.height)); n < c.width*c.height/100 {
				t.Errorf("only %d points are drawn", n)
			}
			if n := drawn(picture, image.Rect(c.width-8, 0, c.width, c.height)); n > 0 {
				t.Errorf("%d points stand at the right edge: something is wider than the screen", n)
			}
			if *update {
				keepPicture(t, "digest-"+c.name, picture)
			}
		})
	}
}

// A word that is wider than a phone, as paths and links in posts are, is broken, and makes no line wider.
func TestLongWordsOnAPhone(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium here")
	}
	for _, s := range digestSamples() {
		if s.name != "digest" {
			continue
		}
		digest, err := s.mail.Render()
		if err != nil {
			t.Fatal(err)
		}
		page := filepath.Join(t.TempDir(), "digest.html")
		long := strings.Replace(digest.HTML, "“", "“"+strings.Repeat("longword", 12)+" ", 1)
		if long == digest.HTML {
			t.Fatal("no excerpt")
		}
		if err := os.WriteFile(page, []byte(long), 0o644); err != nil {
			t.Fatal(err)
		}
		if n := drawn(draw(t, browser, page, 390, 1500, false), image.Rect(382, 0, 390, 1500)); n > 0 {
			t.Errorf("%d points stand at the right edge", n)
		}
	}
}

// draw lets a browser without a screen and without a network draw a page.
func draw(t *testing.T, browser, page string, width, height int, dark bool) image.Image {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out := filepath.Join(t.TempDir(), "page.png")
	args := []string{"--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-javascript", "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + t.TempDir(),
		fmt.Sprintf("--window-size=%d,%d", width, height), "--screenshot=" + out}
	if dark {
		args = append(args, "--blink-settings=preferredColorScheme=0", "--force-dark-mode")
	}
	if said, err := exec.CommandContext(ctx, browser, append(args, "file://"+page)...).CombinedOutput(); err != nil {
		t.Skipf("Chromium does not draw here: %v\n%s", err, said)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Skipf("Chromium drew nothing: %v", err)
	}
	picture, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

func brightness(c color.Color) int { return int(color.GrayModel.Convert(c).(color.Gray).Y) }

// drawn counts the points that are not of the ground's colour.
func drawn(p image.Image, in image.Rectangle) (n int) {
	ground := brightness(p.At(2, 2))
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if d := brightness(p.At(x, y)) - ground; d > 40 || d < -40 {
				n++
			}
		}
	}
	return n
}

// keepPicture writes a picture in few colours, so that it is small.
func keepPicture(t *testing.T, name string, p image.Image) {
	t.Helper()
	var colours color.Palette
	for _, r := range []uint8{0, 64, 128, 192, 255} {
		for _, b := range []uint8{0, 128, 192, 255} {
			for _, g := range []uint8{0, 64, 128, 192, 255} {
				colours = append(colours, color.RGBA{r, g, b, 255})
			}
		}
	}
	colours = append(colours, p.At(2, 2), color.RGBA{0x23, 0x60, 0x4f, 255}, color.RGBA{0x7f, 0xc8, 0xb1, 255}, color.RGBA{0x36, 0x3d, 0x42, 255}, color.RGBA{0x22, 0x26, 0x2a, 255}) // and those of our pages
	small := image.NewPaletted(p.Bounds(), colours)
	for y := range p.Bounds().Dy() {
		for x := range p.Bounds().Dx() {
			small.Set(x, y, p.At(x, y))
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, small); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 100<<10 {
		t.Errorf("%s has %d octets", name, b.Len())
	}
	path := filepath.Join("..", "docs", "pictures", name+".png")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
