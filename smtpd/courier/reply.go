package courier

import (
	"bufio"
	"errors"
	"strings"

	"backchannel/archive/letter"
)

// replyMost is the most octets of one reply (E1).
const replyMost = 8 << 10

var (
	errGarbage   = errors.New("the answer is not SMTP")
	errLongReply = errors.New("the answer is longer than anybody needs")
)

// reply is one reply of a server (RFC 5321 §4.2).
type reply struct {
	code     int      // 200 to 599
	enhanced string   // RFC 3463, when its class fits the code; else ""
	lines    []string // without code and enhanced code, as they came
}

// class is the first digit of the code.
func (r reply) class() int { return r.code / 100 }

// text is what the server said on one clean line.
func (r reply) text() string { return letter.ASCII(strings.TrimSpace(strings.Join(r.lines, " ")), 500) }

// readReply reads one reply of any number of lines. Bare LF is taken as a line end: being strict here would cost letters.
func readReply(r *bufio.Reader) (reply, error) {
	var p reply
	left := replyMost
	for {
		line, err := readLine(r, &left)
		if err != nil {
			return reply{}, err
		}
		code, rest, more, ok := splitLine(line)
		if !ok || p.code != 0 && code != p.code {
			return reply{}, errGarbage
		}
		enhanced, text := splitEnhanced(code, rest)
		if p.code == 0 {
			p.code, p.enhanced = code, enhanced
		}
		p.lines = append(p.lines, text)
		if !more {
			return p, nil
		}
	}
}

// readLine reads one line and takes its octets off the budget.
func readLine(r *bufio.Reader, left *int) (string, error) {
	var b strings.Builder
	for {
		part, err := r.ReadSlice('\n')
		if *left -= len(part); *left < 0 {
			return "", errLongReply
		}
		b.Write(part)
		if err == nil {
			return strings.TrimRight(b.String(), "\r\n"), nil
		}
		if err != bufio.ErrBufferFull {
			return "", err
		}
	}
}

// splitLine cuts a line of a reply: three digits, then a hyphen if more lines follow.
func splitLine(line string) (code int, text string, more, ok bool) {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' {
		return 0, "", false, false
	}
	for i := range 3 {
		if line[i] < '0' || line[i] > '9' {
			return 0, "", false, false
		}
		code = code*10 + int(line[i]-'0')
	}
	if len(line) == 3 {
		return code, "", false, true
	}
	switch line[3] {
	case '-':
		return code, line[4:], true, true
	case ' ':
		return code, line[4:], false, true
	}
	return 0, "", false, false
}

// splitEnhanced cuts an enhanced status code off a line (RFC 2034 §3). Its class must be that of the code.
func splitEnhanced(code int, text string) (enhanced, rest string) {
	word, rest, _ := strings.Cut(text, " ")
	if len(word) < 5 || int(word[0]-'0') != code/100 {
		return "", text
	}
	numbers := strings.Split(word, ".")
	if len(numbers) != 3 || len(numbers[0]) != 1 {
		return "", text
	}
	for _, n := range numbers {
		if len(n) < 1 || len(n) > 3 || strings.Trim(n, "0123456789") != "" {
			return "", text
		}
	}
	return word, rest
}
