using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Http.Output;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary>How long a client may take over an answer.</summary>
public sealed class LongAnswerTests
{
    private const int Second = LongAnswer.MinBytesPerSecond;

    [Fact]
    public async Task It_has_as_long_as_its_bytes_take_at_the_slowest_rate()
    {
        var client = new Client(bytesPerSecond: Second);

        await client.SendAsync(seconds: 600);

        (client.IsCutOff, client.Taken).ShouldBe((false, 600 * Second));
    }

    [Fact]
    public async Task Whoever_takes_it_at_half_of_that_is_cut_off_when_the_grace_is_used_up()
    {
        var client = new Client(bytesPerSecond: Second / 2);

        await client.SendAsync(seconds: 600);

        client.IsCutOff.ShouldBeTrue();
        client.Taken.ShouldBeInRange(25 * Second, 35 * Second);
    }

    [Fact]
    public async Task It_is_written_in_pieces()
    {
        var client = new Client(bytesPerSecond: Second);

        await client.SendAsync(seconds: 1);

        client.Largest.ShouldBe(LongAnswer.PieceBytes);
    }

    /// <summary>A client that takes so much a second, by a clock that goes on only while it does.</summary>
    private sealed class Client(int bytesPerSecond) : Stream, IHttpRequestLifetimeFeature
    {
        private readonly FakeTimeProvider _time = new();

        public bool IsCutOff { get; private set; }

        public int Taken { get; private set; }

        public int Largest { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public async Task SendAsync(int seconds)
        {
            await using var services = new ServiceCollection().AddSingleton<TimeProvider>(_time).BuildServiceProvider();
            var context = new DefaultHttpContext { RequestServices = services };
            context.Response.Body = this;
            context.Features.Set<IHttpRequestLifetimeFeature>(this);
            await LongAnswer.SendAsync(context, answer => answer.WriteAsync(new byte[seconds * Second]));
        }

        public void Abort() => IsCutOff = true;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _time.Advance(TimeSpan.FromSeconds((double)buffer.Length / bytesPerSecond));
            cancellationToken.ThrowIfCancellationRequested();
            (Taken, Largest) = (Taken + buffer.Length, Math.Max(Largest, buffer.Length));
            return ValueTask.CompletedTask;
        }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
