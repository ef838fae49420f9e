package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const dialTimeout = 5 * time.Second

// relay listens on the host's loopback and dials inside the cluster's network namespace.
// The process stays outside; only the thread that dials goes in.
func relay(args []string) error {
	flags := flag.NewFlagSet("relay", flag.ExitOnError)
	namespace := flags.String("netns", "", "the cluster's network namespace, as a file")
	from := flags.String("listen", "", "127.0.0.1:PORT on the host")
	to := flags.String("to", "", "IP:PORT inside the namespace")
	if err := flags.Parse(args); err != nil {
		return err
	}
	listener, err := net.Listen("tcp4", *from)
	if err != nil {
		return err
	}
	dial, err := dialerInside(*namespace)
	if err != nil {
		return err
	}
	for {
		outside, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer outside.Close()
			inside, err := dial(*to)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return
			}
			defer inside.Close()
			join(outside.(*net.TCPConn), inside.(*net.TCPConn))
		}()
	}
}

type dialled struct {
	connection net.Conn
	err        error
}

type request struct {
	address string
	answer  chan dialled
}

// A socket belongs to the namespace of the thread that made it, so one locked thread per
// namespace makes them all. Connecting on a local bridge takes microseconds: one at a time will do.
func dialerInside(namespace string) (func(address string) (net.Conn, error), error) {
	file, err := os.Open(namespace)
	if err != nil {
		return nil, err
	}
	requests := make(chan request)
	ready := make(chan error)
	go func() {
		// Never unlocked: Go ends a thread that is still locked when its goroutine returns.
		runtime.LockOSThread()
		ready <- unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
		for wanted := range requests {
			connection, err := (&net.Dialer{Timeout: dialTimeout}).Dial("tcp4", wanted.address)
			wanted.answer <- dialled{connection, err}
		}
	}()
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("enter %s: %w", namespace, err)
	}
	return func(address string) (net.Conn, error) {
		answer := make(chan dialled, 1)
		requests <- request{address, answer}
		result := <-answer
		return result.connection, result.err
	}, nil
}

// join copies both ways and passes on each half's end, which kubectl exec and gRPC rely on.
func join(a, b *net.TCPConn) {
	done := make(chan struct{}, 2)
	forward := func(to, from *net.TCPConn) {
		io.Copy(to, from)
		to.CloseWrite()
		done <- struct{}{}
	}
	go forward(a, b)
	go forward(b, a)
	<-done
	<-done
}
