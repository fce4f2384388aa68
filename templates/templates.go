// Package templates holds the words of every mail that the program writes: one embedded text, one Go struct with its fields, and
// nothing but rendering. It promises that a mail is whole or an error (a field left empty is one, unless it is marked optional), that
// the same fields give the same bytes, that no field can break out of its line, and that what a person wrote can be told from what
// the program says.
//
// An optional field carries a sentence: leave it empty and the sentence is gone. So no mail promises a word, an address or a deadline
// that does not exist.
//
// The texts are in mail/, a first line "Subject: …", an empty line, then paragraphs that may be broken anywhere: they are wrapped
// again after the fields are known. A line that begins with a blank stays as it is, and one that begins with "* " begins a point of a
// list. Every text has its expected results in testdata, which are also the place to read what people get.
package templates

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode"
)

//go:embed mail
var files embed.FS

// Mail is one rendered mail: what a reader sees, without header fields other than the subject.
type Mail struct {
	Subject string // one line
	Text    string // lines end with \n; at most 78 characters wide, unless a person or an address is longer
	HTML    string // "" for mails that are text alone

	source *source
}

// source is what a mail was made of.
type source struct {
	language      Language
	name          string
	fields        any
	blocks        *Blocks // or nil
	filled        string  // the text before it was laid out
	subject, text string  // as they were rendered
}

// Unwrapped is the text with each paragraph of the program on one line, for whoever writes it as format=flowed (RFC 3676): on a narrow
// screen it fills the lines there are. What hangs, and what people wrote, stays in its lines. A text that somebody has changed since it
// was rendered is as it is.
func (m Mail) Unwrapped() string {
	if m.source == nil || m.Text != m.source.text {
		return m.Text
	}
	return layParagraphs(m.source.filled, math.MaxInt)
}

// Said is what a person wrote: UTF-8 with lines of their own. All other strings are one line.
type Said string

// String keeps the lines apart from the program's own words, which are wrapped anew.
func (s Said) String() string { return keep("", string(s)) }

// Lines are the lines, without blanks at their ends.
func (s Said) Lines() []string { return lines(string(s)) }

// render fills the English text NAME.txt, and NAME.html where there is one.
func render(name string, fields any) (Mail, error) { return renderIn(English, name, fields) }

func renderIn(l Language, name string, fields any) (Mail, error) {
	return renderBlocks(l, name, fields, nil)
}

func renderBlocks(l Language, name string, fields any, blocks *Blocks) (Mail, error) {
	t, err := texts[l]()
	if err != nil {
		return Mail{}, fmt.Errorf("templates: %w", err)
	}
	filled := fields
	if d, ok := fields.(Digest); ok && blocks != nil {
		if filled, err = blocks.fill(t, l, d); err != nil {
			return Mail{}, fmt.Errorf("templates: %w", err)
		}
	}
	tidy := reflect.New(reflect.TypeOf(fields)).Elem()
	if err := copyTidy(tidy, reflect.ValueOf(filled), ""); err != nil {
		return Mail{}, fmt.Errorf("templates: %s: %w", name, err)
	}
	mail, err := execute(t.text, name, tidy.Interface())
	if err != nil {
		return Mail{}, err
	}
	*mail.source = source{l, name, fields, blocks, mail.source.filled, mail.Subject, mail.Text}
	if has(English, name+".html") {
		var out bytes.Buffer
		if err := t.html.ExecuteTemplate(&out, name+".html", tidy.Interface()); err != nil {
			return Mail{}, fmt.Errorf("templates: %w", err)
		}
		mail.HTML = out.String()
	}
	return mail, nil
}

// execute fills the text NAME.txt of a set with fields that are tidy.
func execute(set *texttemplate.Template, name string, tidy any) (Mail, error) {
	var out bytes.Buffer
	if err := set.ExecuteTemplate(&out, name+".txt", tidy); err != nil {
		return Mail{}, fmt.Errorf("templates: %w", err)
	}
	subject, body, ok := strings.Cut(out.String(), "\n\n")
	subject, ok2 := strings.CutPrefix(subject, "Subject: ")
	if !ok || !ok2 {
		return Mail{}, fmt.Errorf("templates: %s does not begin with a subject and an empty line", name)
	}
	return Mail{Subject: clip(subjectWidth, oneLine(subject)), Text: layout(body), source: &source{filled: body}}, nil
}

// copyTidy copies a struct field by field, so that strings become one line and Said loses control characters, and complains about
// fields that are empty and not marked optional:"…". The original is never written.
func copyTidy(to, from reflect.Value, path string) error {
	switch was := from.Interface().(type) {
	case Said, Confided:
		to.SetString(tidySaid(from.String()))
		return nil
	case time.Time:
		to.Set(from)
		return nil
	case Thread:
		if was.ready != nil { // it was tidied when it was rendered
			to.Set(from)
			return nil
		}
	}
	switch from.Kind() {
	case reflect.String:
		to.SetString(oneLine(from.String()))
	case reflect.Slice:
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		var errs []error
		for i := range from.Len() {
			errs = append(errs, copyTidy(to.Index(i), from.Index(i), fmt.Sprintf("%s[%d]", path, i)))
		}
		return errors.Join(errs...)
	case reflect.Pointer:
		if from.IsNil() {
			return nil
		}
		to.Set(reflect.New(from.Type().Elem()))
		return copyTidy(to.Elem(), from.Elem(), path)
	case reflect.Struct:
		return copyStruct(to, from, path)
	default:
		to.Set(from)
	}
	return nil
}

func copyStruct(to, from reflect.Value, path string) error {
	var errs []error
	for i := range from.NumField() {
		field := from.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		name := strings.TrimPrefix(path+"."+field.Name, ".")
		errs = append(errs, copyTidy(to.Field(i), from.Field(i), name))
		_, optional := field.Tag.Lookup("optional")
		if !optional && field.Type.Kind() != reflect.Bool && empty(to.Field(i)) {
			errs = append(errs, fmt.Errorf("the field %s is missing", name))
		}
	}
	return errors.Join(errs...)
}

func empty(v reflect.Value) bool {
	if t, ok := v.Interface().(time.Time); ok {
		return t.IsZero()
	}
	switch v.Kind() {
	case reflect.Slice:
		return v.Len() == 0
	case reflect.Struct:
		return false // its own fields are looked at
	}
	return v.IsZero()
}

// oneLine makes any text fit into a line: control characters and line ends become blanks, blanks become single.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}

// tidySaid takes out what could imitate our own marks: control characters other than line ends and tabs.
func tidySaid(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
	return strings.Trim(s, "\n")
}

// errMissing complains about a field that only some mails of a kind need.
func errMissing(name, field string) error {
	return fmt.Errorf("templates: %s: the field %s is missing", name, field)
}
