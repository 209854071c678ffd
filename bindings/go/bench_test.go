package portcullis

import (
	"context"
	"fmt"
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
