using Rescind.Cli.Following;
using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// <c>rescind tail</c>: the log as it grows. Scope <c>feed</c>. Names no instance, so it is never counted as a verifier.
/// </summary>
internal static class TailVerb
{
    private const int PollSeconds = 10;

    public static Command Create()
    {
        var all = new Option<bool>("--all") { Description = "First everything that holds now, then what comes." };
        var count = new Option<int?>("--count") { Description = "Stop after so many entries." }.MustBeFrom(1);
        return new Command("tail", "Follow the log until Ctrl-C.") { all, count }.Connects()
            .Asks(async (call, authority) =>
            {
                var tail = new Tail(call, authority, call.Parsed.GetValue(count) ?? int.MaxValue);
                try
                {
                    await tail.RunAsync(call.Parsed.GetValue(all));
                }
                catch (OperationCanceledException) when (call.Cancellation.IsCancellationRequested)
                {
                    // Ctrl-C is how a tail ends.
                }
            });
    }

    private sealed class Tail(VerbCall call, AuthorityClient authority, int left)
    {
        private string _epoch = "";
        private long _after;
        private int _left = left;

        public async Task RunAsync(bool showsAll)
        {
            await LoadAsync(showsAll);
            Screen.Note($"Following {authority.Address}");
            while (_left > 0)
            {
                var path = $"v1/feed?epoch={Uri.EscapeDataString(_epoch)}&after={_after}&wait={PollSeconds}"
                    + $"&nonce={Entropy.System.NextId()}";
                using var answer = await authority.SendForAnyAsync(() => new(HttpMethod.Get, path), call.Cancellation);
                if (answer.StatusCode is HttpStatusCode.Gone or HttpStatusCode.Conflict)
                {
                    Screen.Note("The log is another one, or went on without us: going on from its present end.");
                    await LoadAsync(showsAll: false);
                    continue;
                }

                if (!answer.IsSuccessStatusCode)
                {
                    throw await AuthorityProblem.ReadAsync(answer, call.Cancellation);
                }

                await TakeAsync(answer);
            }
        }

        private async Task TakeAsync(HttpResponseMessage answer)
        {
            var body = await AuthorityClient.ReadAsync(answer, call.Cancellation);
            foreach (var entry in body.Items("entries"))
            {
                _after = entry.Number("position");
                Write(entry);
            }

            if (body["more"]?.GetValueKind() is not JsonValueKind.True && body["pace_ms"].AsNumber() is > 0 and var pace)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(pace, 1000)), call.Time, call.Cancellation);
            }
        }

        // The snapshot's header says where the log ends; its lines are what holds now.
        private async Task LoadAsync(bool showsAll)
        {
            var isHeader = true;
            await foreach (var line in RemoteFeed.LinesAsync(authority, call.Cancellation))
            {
                var node = Answers.Parse(line);
                if (isHeader)
                {
                    (_epoch, _after, isHeader) =
                        (node["epoch"].AsText() ?? throw Answers.Lacks("epoch"), node.Number("head"), false);
                }
                else if (showsAll && node["end"]?.GetValueKind() is not JsonValueKind.True)
                {
                    Write(node);
                }

                if (!showsAll)
                {
                    return;
                }
            }

            if (isHeader)
            {
                throw Answers.Lacks("header");
            }
        }

        private void Write(JsonObject entry)
        {
            if (_left-- > 0)
            {
                call.Show(entry, () => call.Screen.Line(TailLine.Of(entry)));
            }
        }
    }
}
