package web

// Remembered is how many networks a server remembers.
func Remembered(s *Server) int {
	s.speed.mu.Lock()
	defer s.speed.mu.Unlock()
	return len(s.speed.all)
}
