package backchannel

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

// How many points a picture may have, and all pictures of a letter together: what is decoded lies in memory whole (P7).
const (
	picturePoints = 16_000_000
	letterPoints  = 48_000_000
)

// picture makes a picture anew, so that nothing is left in it but what can be seen: no place, no camera, no name (EXIF and its kin). It is
// looked at before it is decoded.
func (p *packer) picture(kind string, data []byte) (anew []byte, why string) {
	const broken = "the picture is damaged"
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || config.Width <= 0 || config.Height <= 0 {
		return nil, broken
	}
	// One after the other, since the product may be too large for a number.
	if config.Width > picturePoints || config.Height > picturePoints/config.Width {
		return nil, "the picture has more than 16 million points; please send it smaller"
	}
	points := config.Width * config.Height
	if points > p.points {
		return nil, "these are too many large pictures for one letter"
	}
	p.points -= points
	var out bytes.Buffer
	if kind == kindJPEG {
		img, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			return nil, broken
		}
		err = jpeg.Encode(&out, upright(img, orientation(data)), &jpeg.Options{Quality: 90})
		if err != nil {
			return nil, broken
		}
		return out.Bytes(), ""
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, broken
	}
	if (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img) != nil {
		return nil, broken
	}
	return out.Bytes(), ""
}

// orientation reads the one thing in the EXIF of a JPEG that changes how it is seen: 1 to 8, 1 is upright (EXIF 2.3 §4.6.4 A).
func orientation(data []byte) int {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, size := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda || size < 2 || at+2+size > len(data) {
			return 1
		}
		segment := data[at+4 : at+2+size]
		if marker == 0xe1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")) {
			return tiffOrientation(segment[6:])
		}
		at += 2 + size
	}
	return 1
}

func tiffOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if b[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(b[4:]))
	if at < 8 || at+2 > int64(len(b)) {
		return 1
	}
	n := int64(order.Uint16(b[at:]))
	for i := int64(0); i < n; i++ {
		entry := at + 2 + 12*i
		if entry+12 > int64(len(b)) {
			return 1
		}
		if order.Uint16(b[entry:]) == 0x0112 {
			if o := int(order.Uint16(b[entry+8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
	}
	return 1
}

// upright turns a picture as its orientation says.
func upright(img image.Image, o int) image.Image {
	if o == 1 {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if o >= 5 {
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			sx, sy := x, y
			switch o {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, w-1-x
			case 7:
				sx, sy = h-1-y, w-1-x
			case 8:
				sx, sy = h-1-y, x
			}
			r, g, bl, _ := img.At(b.Min.X+sx, b.Min.Y+sy).RGBA()
			out.SetRGBA(x, y, color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(bl >> 8), 0xff})
		}
	}
	return out
}
