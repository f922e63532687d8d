using System.Buffers;
using System.Text;

namespace Rescind.Tests.Feeding;

/// <summary>What a node serves from memory.</summary>
public sealed class Tails
{
    [Fact]
    public void A_range_is_answered_once_and_shared()
    {
        var tail = TailOf(5);

        var one = tail.Answer(Ask(0))!;
        var other = tail.Answer(Ask(0))!;

        other.ShouldBeSameAs(one);
        one.Entries.Count.ShouldBe(5);
        one.Chain.ShouldBe(tail.Head.Chain);
        one.More.ShouldBeFalse();
    }

    [Fact]
    public void An_answer_is_not_shared_past_a_commit()
    {
        var tail = TailOf(1);
        tail.Answer(Ask(0))!.Entries.Count.ShouldBe(1);

        Append(tail, 2);

        tail.Answer(Ask(0))!.Entries.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("u")]
    [InlineData("\u0001\u0002")]
    [InlineData("\U0001F511é\u2028\"\\")]
    public void An_answer_is_cut_at_a_mebibyte_and_the_next_goes_on_from_there(string text)
    {
        var value = string.Concat(Enumerable.Repeat(text, 1000 / Encoding.UTF8.GetByteCount(text)));
        var tail = TailOf(3000, position => $"{value}{position}");
        var (entries, chain, more) = (new List<LogEntry>(), (LogChain?)null, true);
        while (more)
        {
            var answer = tail.Answer(Ask(entries.Count, chain))!;
            entries.AddRange(answer.Entries);
            (chain, more) = (answer.Chain, answer.More);
            LengthOf(answer).ShouldBeLessThan(FeedTail.MaxBytes + 1024);
        }

        entries.Count.ShouldBe(3000);
        chain.ShouldBe(tail.Head.Chain);
    }

    [Fact]
    public void An_entry_that_is_longer_than_an_answer_should_be_is_sent_alone()
    {
        var tail = TailOf(1);
        Append(tail,
            TestLog.Entry(TestLog.Record(own: true)) with { Position = new(2), Record = new('x', 2 * FeedTail.MaxBytes) });
        Append(tail, 3);

        tail.Answer(Ask(0))!.Entries.Count.ShouldBe(1);
        tail.Answer(Ask(1))!.Entries.Count.ShouldBe(1);
        tail.Answer(Ask(2))!.Entries.Count.ShouldBe(1);
    }

    [Fact]
    public void What_the_store_reads_is_cut_where_the_tail_would_cut_it()
    {
        var tail = TailOf(3000, position => new('\u0001', 900));
        var first = tail.Answer(Ask(0))!;

        FeedTail.CountOfOneAnswer([.. first.Entries, .. tail.Answer(Ask(first.Entries.Count))!.Entries])
            .ShouldBe(first.Entries.Count);
    }

    [Theory]
    [InlineData("another", 1, FeedOutcome.Gone)]
    [InlineData("", 0, FeedOutcome.Gone)]
    [InlineData("e", 4, FeedOutcome.Conflict)]
    [InlineData("e", 1, FeedOutcome.Entries)]
    public void A_follower_of_another_log_is_told_so(string epoch, long after, FeedOutcome outcome)
    {
        TailOf(3).Answer(new() { Epoch = epoch, After = new(after), Nonce = "n" })!.Outcome.ShouldBe(outcome);
    }

    [Fact]
    public void A_position_between_two_entries_is_of_another_log()
    {
        var tail = TailOf(1);
        Append(tail, 9);

        tail.Answer(Ask(5))!.Outcome.ShouldBe(FeedOutcome.Conflict);
    }

    [Fact]
    public void Another_chain_at_the_same_position_is_another_log()
    {
        TailOf(3).Answer(Ask(2, LogChain.Start("other")))!.Outcome.ShouldBe(FeedOutcome.Conflict);
    }

    [Fact]
    public void What_is_older_than_the_tail_is_not_answered_from_it()
    {
        var tail = new FeedTail(LogHead.Empty("e"), capacity: 4);
        for (var position = 1; position <= 10; position++)
        {
            Append(tail, position);
        }

        tail.Answer(Ask(1)).ShouldBeNull();
        tail.Answer(Ask(9))!.Entries.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_commit_completes_what_was_taken_before_it()
    {
        var tail = TailOf(1);
        var moved = tail.Moved;
        moved.IsCompleted.ShouldBeFalse();

        Append(tail, 2);

        await moved.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        tail.Moved.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void A_commit_costs_whoever_makes_it_the_same_however_many_wait()
    {
        var tail = TailOf(1);
        var alone = AllocatedBy(() => Append(tail, 2));
        var cancellation = TestContext.Current.CancellationToken;
        var waiting = Enumerable.Range(0, 5_000).Select(_ => tail.Moved.WaitAsync(TimeSpan.FromHours(1), cancellation)).ToList();

        var together = AllocatedBy(() => Append(tail, 3));

        (together - alone).ShouldBeLessThan(16 * 1024, $"bytes more with {waiting.Count} waiting");
    }

    [Fact]
    public void Of_very_many_who_wait_few_wait_for_the_same_task()
    {
        var tail = TailOf(1);

        Enumerable.Range(0, 5_000).Select(_ => tail.Moved).GroupBy(task => task.Id).Max(same => same.Count())
            .ShouldBeLessThan(100);
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var answer = TailOf(3).Answer(Ask(1))! with { Nonce = "n", Now = 7, Held = TimeSpan.FromMilliseconds(998) };
        var body = new ArrayBufferWriter<byte>();

        FeedJson.Write(answer, body);
        var read = FeedJson.Read(body.WrittenMemory);

        read.Entries.ShouldBe(answer.Entries);
        (read with { Entries = [] }).ShouldBe(answer with { Entries = [] });
    }

    private static long AllocatedBy(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static long LengthOf(FeedAnswer answer)
    {
        var body = new ArrayBufferWriter<byte>();
        FeedJson.Write(answer, body);
        return body.WrittenCount;
    }

    private static FeedTail TailOf(int count, Func<long, string>? subject = null)
    {
        var tail = new FeedTail(LogHead.Empty("e"));
        for (var position = 1; position <= count; position++)
        {
            Append(tail, position, subject?.Invoke(position));
        }

        return tail;
    }

    private static void Append(FeedTail tail, long position, string? subject = null)
    {
        var state = new RevocationState(new(new(position), 0), default, default, default, 9);
        Append(tail, TestLog.Entry(TestLog.Own, Match.Subject(subject ?? $"u-{position}"), state, position));
    }

    private static void Append(FeedTail tail, LogEntry entry) => tail.Append([entry], tail.Head.Then(entry));

    private static FeedRequest Ask(long after, LogChain? chain = null) =>
        new() { Epoch = "e", After = new(after), Chain = chain, Nonce = "n" };
}
