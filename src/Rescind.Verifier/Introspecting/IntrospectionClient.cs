using Microsoft.Extensions.Logging;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Feeding;

namespace Rescind.Verifier.Introspecting;

/// <summary>
/// Asks the Authority whether a token is active. Requests with one token share one question; questions are bounded in
/// number, in time, and by a breaker; what is over the bounds is unknown at once. Answers are not kept: one counts from
/// when it was asked for (IN-5), exactly as a proof of freshness does. Safe for concurrent use; never throws.
/// </summary>
internal sealed class IntrospectionClient(
    IntrospectionHttp http, TimeProvider time, VerifierMetrics metrics, ILogger<IntrospectionClient> logger) : IDisposable
{
    /// <summary>Questions on the wire at once: at 5 ms each, 3 200 a second from one verifier.</summary>
    public const int MaxConcurrent = 16;

    /// <summary>
    /// Questions on the wire and waiting: a quarter of what 16 at 50 ms each answer within the limit, so that none
    /// waits in vain.
    /// </summary>
    public const int MaxCalls = 160;

    /// <summary>How long anybody waits for an answer, the time in the queue included.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly IntrospectionBreaker _breaker = new(time);
    private readonly SemaphoreSlim _slots = new(MaxConcurrent);

    // Protects the two below, and when each call was sent.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, IntrospectionCall> _newest = [];
    private int _calls;

    /// <summary>
    /// The Authority's answer, not older than what the route demands; where the route has it asked every time, one that was asked
    /// for after this request came.
    /// </summary>
    public async Task<IntrospectionAnswer> AskAsync(string token, RouteDemand demand)
    {
        if (Find(token, demand, out var isNew) is not { } call)
        {
            metrics.Introspected("shed");
            return IntrospectionAnswer.Unknown;
        }

        if (isNew)
        {
            // Not with the request's own cancellation: others wait for the same answer, and the limit is near.
            await RunAsync(token, call).ConfigureAwait(false);
        }

        var answer = await call.Answer.ConfigureAwait(false);
        return answer is IntrospectionAnswer.Active && call.AgeAt(time) > demand.Freshness ? IntrospectionAnswer.Unknown : answer;
    }

    public void Dispose() => _slots.Dispose();

    private IntrospectionCall? Find(string token, RouteDemand demand, out bool isNew)
    {
        lock (_lock)
        {
            isNew = !_newest.TryGetValue(token, out var call) || !call.CanBeJoined(demand, time);
            if (!isNew)
            {
                return call;
            }

            if (_calls == MaxCalls)
            {
                return null;
            }

            _calls++;
            return _newest[token] = new();
        }
    }

    private async Task RunAsync(string token, IntrospectionCall call)
    {
        var answer = IntrospectionAnswer.Unknown;
        try
        {
            answer = await WaitAndSendAsync(token, call).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _calls--;
                if (_newest.GetValueOrDefault(token) == call)
                {
                    _newest.Remove(token);
                }
            }

            call.Complete(answer);
        }
    }

    private async Task<IntrospectionAnswer> WaitAndSendAsync(string token, IntrospectionCall call)
    {
        var begun = time.GetTimestamp();
        var deadline = new Deadline(Limit, time, CancellationToken.None);
        await using var _ = deadline.ConfigureAwait(false);
        if (!await TakeSlotAsync(deadline.Token).ConfigureAwait(false))
        {
            metrics.Introspected("shed");
            return IntrospectionAnswer.Unknown;
        }

        try
        {
            // Here and not on arrival: the Authority may have gone while this one waited for its turn, or the turn came
            // with the end of the limit.
            if (time.GetElapsedTime(begun) >= Limit || !_breaker.MaySend())
            {
                metrics.Introspected("shed");
                return IntrospectionAnswer.Unknown;
            }

            lock (_lock)
            {
                call.Sent(time);
            }

            return await SendAsync(token, deadline.Token).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<bool> TakeSlotAsync(CancellationToken deadline)
    {
        try
        {
            await _slots.WaitAsync(deadline).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<IntrospectionAnswer> SendAsync(string token, CancellationToken deadline)
    {
        try
        {
            var isActive = await http.IsActiveAsync(token, deadline).ConfigureAwait(false);
            if (_breaker.Answered())
            {
                VerifierLog.Answered(logger);
            }

            metrics.Introspected(isActive ? "active" : "inactive");
            return isActive ? IntrospectionAnswer.Active : IntrospectionAnswer.Inactive;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Whatever went wrong, nobody said no, and nobody yes.
            if (_breaker.Failed())
            {
                var cause = failure is OperationCanceledException
                    ? $"It did not answer within {Limit.TotalSeconds:0} s."
                    : failure.Message;
                VerifierLog.Unanswered(logger, VerifierErrors.Unanswered.Sentence(cause));
            }

            metrics.Introspected("failed");
            return IntrospectionAnswer.Unknown;
        }
    }
}
