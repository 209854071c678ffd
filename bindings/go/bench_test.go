package portcullis

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// hotPackets are the packets of a case of the corpus, over and over.
func hotPackets(b *testing.B) (*Decider, []Packet) {
	folder := corpusFolder(b) + "/cases/0001"
	d := newDecider(b, Config{})
	if err := d.SetImage(context.Background(), read(b, folder, "image")); err != nil {
		b.Fatal(err)
	}
	q := readQuestions(b, folder)
	packets := make([]Packet, MaxBatch)
	for at := range packets {
		packets[at] = q.packets[at%len(q.packets)]
	}
	return d, packets
}

func perDecision(b *testing.B, decisions int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(decisions), "ns/decision")
}

func BenchmarkBatch(b *testing.B) {
	d, packets := hotPackets(b)
	for _, size := range []int{1, 64, 256, 1024} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			w, decisions := d.Worker(), make([]Decision, size)
			defer w.Release()
			b.ReportAllocs()
			for b.Loop() {
				if err := w.DecideBatch(packets[:size], decisions); err != nil {
					b.Fatal(err)
				}
			}
			perDecision(b, size)
		})
	}
}

// BenchmarkWorkload is on the images and packets of `cargo xtask bench --embedding`, which sets PORTCULLIS_WORKLOADS: a
// folder for each cluster and in it one for each kind of traffic. Packets come in order, so that caches see as much of
// the image as the traffic does.
func BenchmarkWorkload(b *testing.B) {
	folder := os.Getenv("PORTCULLIS_WORKLOADS")
	if folder == "" {
		b.Skip("PORTCULLIS_WORKLOADS names no folder; run `cargo xtask bench --embedding`")
	}
	places, err := filepath.Glob(filepath.Join(folder, "*", "*"))
	if err != nil || len(places) == 0 {
		b.Fatalf("%s has no workloads: %v", folder, err)
	}
	for _, place := range places {
		name, err := filepath.Rel(folder, place)
		if err != nil {
			b.Fatal(err)
		}
		d := newDecider(b, Config{})
		if err := d.SetImage(context.Background(), read(b, place, "image")); err != nil {
			b.Fatal(err)
		}
		bytes := read(b, place, "packets")
		packets := make([]Packet, len(bytes)/packetBytes)
		copy(bytesOf(packets), bytes)
		b.Run(name+"/reasons", func(b *testing.B) {
			w := d.Worker()
			defer w.Release()
			at := 0
			for b.Loop() {
				if at == len(packets) {
					at = 0
				}
				if egress, _ := w.Reasons(&packets[at]); egress == NotEvaluated {
					b.Fatal("not evaluated")
				}
				at++
			}
		})
		for _, size := range []int{1, 64, 256, 1024} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				w, decisions := d.Worker(), make([]Decision, size)
				defer w.Release()
				at := 0
				for b.Loop() {
					if at+size > len(packets) {
						at = 0
					}
					if err := w.DecideBatch(packets[at:at+size], decisions); err != nil {
						b.Fatal(err)
					}
					at += size
				}
				perDecision(b, size)
			})
		}
	}
}

// BenchmarkCall is what wazero itself takes for a call: of a function that does nothing.
func BenchmarkCall(b *testing.B) {
	d := newDecider(b, Config{})
	w := d.Worker()
	defer w.Release()
	i, err := d.take()
	if err != nil {
		b.Fatal(err)
	}
	w.instance = i
	nothing := i.module.ExportedFunction(marker)
	for b.Loop() {
		if err := nothing.CallWithStack(context.Background(), i.stack[:]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReasons(b *testing.B) {
	d, packets := hotPackets(b)
	w := d.Worker()
	defer w.Release()
	b.ReportAllocs()
	at := 0
	for b.Loop() {
		if egress, _ := w.Reasons(&packets[at%MaxBatch]); egress == NotEvaluated {
			b.Fatal("not evaluated")
		}
		at++
	}
}

// BenchmarkPool is Decide without a worker, from as many goroutines as there are processors.
func BenchmarkPool(b *testing.B) {
	d, packets := hotPackets(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		at := 0
		for pb.Next() {
			if d.Decide(packets[at%MaxBatch]).EgressReason == NotEvaluated {
				b.Error("not evaluated")
				return
			}
			at++
		}
	})
}

// BenchmarkReplace is what it costs to throw a guest away and have another that knows the image.
func BenchmarkReplace(b *testing.B) {
	d, packets := hotPackets(b)
	w, decisions := d.Worker(), make([]Decision, 1)
	for b.Loop() {
		if err := w.DecideBatch(packets[:1], decisions); err != nil {
			b.Fatal(err)
		}
		w.drop()
	}
}
