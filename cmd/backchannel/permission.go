package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"backchannel/cmd/internal/config"
	"backchannel/cmd/internal/doctor"
	"backchannel/templates/refusal"
)

// Bits of access(2).
const (
	mayEnter = 1
	mayWrite = 2
	mayRead  = 4
)

// ours refuses when what lies in the data folder is closed to the user who runs this command: the server has a user of its own, and
// whoever types a command as somebody else would read of keys that cannot be made, or of a database that cannot be opened.
func ours(data string) error {
	for _, one := range []struct {
		name string
		bits uint32
	}{
		{"", mayRead | mayWrite | mayEnter},
		{keysName, mayRead | mayEnter},
		{databaseName, mayRead | mayWrite},
	} {
		path := filepath.Join(data, one.name)
		if syscall.Access(path, one.bits) != syscall.EACCES { // what is not there is made; what else is wrong is told by whoever opens it
			continue
		}
		me, owner := userName(os.Geteuid()), ownerOf(path)
		if owner == me {
			return refusal.Because(refusal.NotAllowed, "The user %s may not use %s: its rights forbid that.", me, path).Try("chmod -R u+rwX %s", data)
		}
		return refusal.Because(refusal.NotAllowed, "The user %s may not use %s, which belongs to the user %s.", me, path, owner).
			Try("the same as that user: sudo -u %s backchannel …; to change whose it is, as root: chown -R USER %s", owner, data)
	}
	return nil
}

// foreignRoot is a warning for root beside a data folder of somebody else: keys and files that root makes there are closed to the server.
func foreignRoot(data string) string {
	if os.Geteuid() != 0 {
		return ""
	}
	owner := ownerOf(data)
	if owner == "" || owner == userName(0) {
		return ""
	}
	return fmt.Sprintf("You are root, and %s belongs to the user %s, who may not be able to read what root makes there. Better: sudo -u %s backchannel …", data, owner, owner)
}

// passwordFile is what is wrong with the file of the smarthost's password; a finding without words when nothing is. Root can read every
// file and still be told: the server's user is the owner of the data folder.
func passwordFile(cfg config.Config) doctor.Finding {
	path, me, server := cfg.Relay.PasswordFile, userName(os.Geteuid()), ownerOf(cfg.Data)
	if server == "" {
		server = me
	}
	closed := func(who string) doctor.Finding {
		return finding("config", doctor.Fail, fmt.Sprintf("the user %s may not read %s, which holds the smarthost's password (relay.password_file)", who, path),
			fmt.Sprintf("give it to the user whom the server runs as, and to nobody else: sudo chown %s %s; sudo chmod 600 %s", server, path, path))
	}
	_, err := cfg.Password()
	switch {
	case errors.Is(err, fs.ErrPermission):
		return closed(me)
	case errors.Is(err, fs.ErrNotExist):
		return finding("config", doctor.Fail, "there is no "+path+", which relay.password_file names", "write the smarthost's password alone into that file")
	case err != nil:
		return finding("config", doctor.Fail, err.Error(), "write the smarthost's password alone into that file")
	}
	if info, err := os.Stat(path); err == nil && os.Geteuid() == 0 && ownerOf(path) != server && info.Mode().Perm()&0o044 == 0 {
		return closed(server)
	}
	return doctor.Finding{}
}

// ownerOf is to whom a file belongs: a name, or a number that has no name; "" for a file that is not there.
func ownerOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return userName(int(s.Uid))
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}
