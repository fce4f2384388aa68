package templates

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
	"time"
)

// worded are the mails that a community may put into its own words: those that greet, ask and part. What people write in private, what
// they decide by, and what promises that nobody else reads it stay the program's, so that no sentence about privacy can become untrue.
var worded = map[string]any{
	"invitation": Invitation{}, "join_questions": JoinQuestions{}, "join_thanks": JoinThanks{}, "join_declined": JoinDeclined{},
	"welcome": Welcome{}, "welcome_week": WelcomeWeek{}, "welcome_month": WelcomeMonth{}, "welcome_back": WelcomeBack{},
	"intro_prompt": IntroPrompt{}, "left_list": LeftList{}, "left_community": LeftCommunity{},
}

// wordingSize is how many octets such a text may have.
const wordingSize = 32 << 10

// Worded are the names of the mails that a community may put into its own words, in order.
func Worded() []string { return slices.Sorted(maps.Keys(worded)) }

// Objection is a sentence for whoever put a mail into other words: why that text cannot be used.
type Objection string

func (o Objection) Error() string { return string(o) }

func objection(format string, args ...any) error { return Objection(fmt.Sprintf(format, args...)) }

// Wording is one of these mails in somebody's own words.
type Wording struct {
	name     string
	language Language
	set      *texttemplate.Template
}

// Shipped is the text of such a mail as it comes with the program, to begin from.
func Shipped(l Language, name string) (string, error) {
	if worded[name] == nil {
		return "", objection("%s is no mail that can be put into other words. These can: %s.", name, strings.Join(Worded(), ", "))
	}
	text, err := files.ReadFile(folderOf(l) + "/" + name + ".txt")
	if err != nil {
		return "", objection("The mail %s has no text in %s.", name, l.Name())
	}
	return string(text), nil
}

// ParseWording reads a text in the form of those in mail/. It refuses, by an Objection, a text that cannot be read or filled,
// that tells less than the shipped one (a field, or a word to reply, is missing) or asks for what that mail does not know.
func ParseWording(l Language, name, text string) (w Wording, err error) {
	shipped, err := Shipped(l, name)
	if err != nil {
		return w, err
	}
	text = strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\ufeff")
	no := func(format string, args ...any) (Wording, error) {
		return w, objection(format, args...)
	}
	if len(text) > wordingSize {
		return no("The text has %d octets; %d are the most.", len(text), wordingSize)
	}
	if subject, body, ok := strings.Cut(text, "\n\n"); !ok || !strings.HasPrefix(subject, "Subject: ") || strings.Contains(subject, "\n") || strings.TrimSpace(body) == "" {
		return no("The first line must be “Subject: …”, then comes an empty line, then the mail.")
	}
	all, err := texts[l]()
	if err != nil {
		return w, fmt.Errorf("templates: %w", err)
	}
	set, err := all.text.Clone()
	if err != nil {
		return w, fmt.Errorf("templates: %w", err)
	}
	mine, err := texttemplate.New(name + ".txt").Funcs(wordsIn(l)).Parse(text)
	if err != nil {
		return no("The text cannot be read: %s.", plainly(err))
	}
	if len(mine.Templates()) != 1 {
		return no("The text must not define other texts.")
	}
	if _, err := set.AddParseTree(mine.Name(), mine.Tree); err != nil {
		return w, fmt.Errorf("templates: %w", err)
	}
	w = Wording{name, l, set}
	if missing := lacks(shipped, mine.Tree, wordsIn(l)); len(missing) > 0 {
		return no("The text must still say %s.", strings.Join(missing, ", "))
	}
	for _, yes := range []bool{false, true} {
		if _, err := w.example(yes); err != nil {
			return no("The text cannot be filled: %s. This mail knows %s.", plainly(err), strings.Join(fieldsOf(reflect.TypeOf(worded[name]), ""), " "))
		}
	}
	return w, nil
}

// lacks are the fields and words to reply of the shipped text that another does not have.
func lacks(shipped string, mine *parse.Tree, funcs map[string]any) (missing []string) {
	there, err := texttemplate.New("").Funcs(funcs).Parse(shipped)
	if err != nil {
		return []string{err.Error()}
	}
	got := said(mine.Root)
	for _, what := range slices.Sorted(maps.Keys(said(there.Root))) {
		kind, name, _ := strings.Cut(what, " ")
		switch {
		case got[what] > 0:
		case kind == "field":
			missing = append(missing, "{{"+name+"}}")
		case kind == "word":
			missing = append(missing, "the word "+name)
		}
	}
	return missing
}

// noField is what text/template says of a field that is not there; execution, where it was.
var (
	noField   = regexp.MustCompile(`can't evaluate field (\w+) in type \S+`)
	execution = regexp.MustCompile(`^(\d+)(?::\d+)?: (?:executing ".*" at <.*>: )?`)
)

// plainly is what text/template complains of, without where that is in our program.
func plainly(err error) string {
	_, what, ok := strings.Cut(err.Error(), ".txt:")
	if !ok {
		return err.Error()
	}
	return noField.ReplaceAllString(execution.ReplaceAllString(what, "line $1: "), "there is no {{.$1}}")
}

// fieldsOf are the fields of a mail as its text asks for them.
func fieldsOf(t reflect.Type, path string) (all []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.IsExported() {
			all = append(all, "{{"+path+"."+f.Name+"}}")
		}
	}
	return all
}

// Example is the mail with the names of its fields in the place of what they hold.
func (w Wording) Example() (Mail, error) { return w.example(true) }

// example has every decision of the text answered with yes, or no.
func (w Wording) example(yes bool) (Mail, error) {
	fields := reflect.New(reflect.TypeOf(worded[w.name])).Elem()
	invent(fields, "", yes)
	return w.fill(fields.Interface())
}

// aDay stands for any date.
var aDay = time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)

// invent fills a value with its own name. What is optional is left out where the answer is no.
func invent(v reflect.Value, name string, yes bool) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(aDay))
		return
	case Slot:
		v.Set(reflect.ValueOf(Slot{Period: Weekly, Weekday: time.Friday, Hour: 8, Zone: "Europe/Berlin"}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("[" + name + "]")
	case reflect.Bool:
		v.SetBool(yes)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		invent(v.Index(0), name, yes)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		invent(v.Elem(), name, yes)
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if _, optional := f.Tag.Lookup("optional"); f.IsExported() && (yes || !optional) {
				invent(v.Field(i), f.Name, yes)
			}
		}
	}
}

// fill is the mail with its fields.
func (w Wording) fill(fields any) (Mail, error) {
	tidy := reflect.New(reflect.TypeOf(fields)).Elem()
	if err := copyTidy(tidy, reflect.ValueOf(fields), ""); err != nil {
		return Mail{}, fmt.Errorf("templates: %s: %w", w.name, err)
	}
	return execute(w.set, w.name, tidy.Interface())
}

// Worded tells which of the mails that a community may put into its own words this is, and in which language; false for all others, and
// for one whose words somebody has changed since it was rendered.
func (m Mail) Worded() (Language, string, bool) {
	if m.source == nil || worded[m.source.name] == nil || m.Text != m.source.text || m.Subject != m.source.subject {
		return "", "", false
	}
	return m.source.language, m.source.name, true
}

// Reworded is the mail in the words of a community: those of its own name and language, or an error.
func (m Mail) Reworded(w Wording) (Mail, error) {
	if l, name, ok := m.Worded(); !ok || l != w.language || name != w.name {
		return m, fmt.Errorf("templates: these are words for %s in %s", w.name, w.language.Name())
	}
	other, err := w.fill(m.source.fields)
	if err != nil {
		return m, err
	}
	return other, nil
}
