namespace Rescind;

/// <summary>
/// Reads the feed's JSON: duplicates and wrong types are refused, members that a newer Authority adds are ignored
/// (<c>docs/protocol.md</c>, <c>vectors/wire.json</c>).
/// </summary>
internal static class FeedReader
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    public static T Guard<T>(ReadOnlyMemory<byte> json, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return document.RootElement.ValueKind is JsonValueKind.Object
                ? read(document.RootElement)
                : throw Malformed("an object");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FeedException("The feed's answer is malformed.", e);
        }
    }

    /// <summary>What an answer and a snapshot begin with: all but <c>after</c>, which a snapshot has not.</summary>
    public static FeedAnswer Header(JsonElement root) => new()
    {
        Outcome = FeedOutcome.Entries,
        Epoch = root.Text("epoch") is { Length: > 0 and <= 256 } epoch ? epoch : throw Malformed("an epoch"),
        Head = new(root.Number("head")),
        Nonce = root.Text("nonce"),
        Now = root.Number("now"),
        Held = root.Time("held_ms", MaxTime),
        Age = root.Time("age_ms", MaxTime),
        Pace = root.Time("pace_ms", MaxPace),
        Chain = LogChain.TryParse(root.Text("chain"), out var chain) ? chain : throw Malformed("a chain"),
        Canary = root.Text("canary"),
    };

    /// <summary>
    /// One entry. Of a kind of entry or match that this version does not know only the place can be read; an effect
    /// that it does not know is noted beside those that it does.
    /// </summary>
    public static LogEntry Entry(JsonElement element)
    {
        var kind = KindOf(element.Text("kind"));
        var match = kind is LogEntryKind.State ? MatchKinds.Find(element.Text("match") ?? throw Malformed("match")) : null;
        if (kind is LogEntryKind.Unknown || (kind, match) is (LogEntryKind.State, null))
        {
            return new() { Kind = LogEntryKind.Unknown, Position = Position(element), At = element.Number("at"), Issuer = "" };
        }

        var (name, value) = (element.Text("name"), element.Text("value"));
        return new()
        {
            Kind = kind,
            Position = Position(element),
            At = element.Number("at"),
            Issuer = element.Text("issuer") ?? throw Malformed("an issuer"),
            Match = kind switch
            {
                LogEntryKind.State => Match.From(match!.Kind, name, value),
                LogEntryKind.Key => Match.Key(name ?? throw Malformed("a key's id")),
                LogEntryKind.Issuer => Match.Issuer,
                _ => null,
            },
            State = kind is LogEntryKind.State ? State(element) : null,
            HasUnknownEffect = kind is LogEntryKind.State && HasUnknownEffect(element),
            Record = kind is LogEntryKind.Key or LogEntryKind.Issuer ? value : null,
        };
    }

    public static string NameOf(LogEntryKind kind) => kind switch
    {
        LogEntryKind.State => "state",
        LogEntryKind.Issuer => "issuer",
        LogEntryKind.Key => "key",
        LogEntryKind.Mark => "mark",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public static JsonElement Member(this JsonElement element, string name, JsonValueKind kind) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == kind ? value : throw Malformed(name);

    public static bool Flag(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.ValueKind is JsonValueKind.True
            : throw Malformed(name);

    /// <summary>A whole number from 0 to 2^53 - 1.</summary>
    public static long Number(this JsonElement element, string name) =>
        LogPosition.TryParse(element.Member(name, JsonValueKind.Number).GetRawText(), out var number)
            ? number.Value
            : throw Malformed(name);

    /// <summary>A text; null if it is null or absent.</summary>
    public static string? Text(this JsonElement element, string name) => !element.TryGetProperty(name, out var value)
        || value.ValueKind is JsonValueKind.Null
        ? null
        : value.ValueKind is JsonValueKind.String ? value.GetString() : throw Malformed(name);

    private const long MaxPace = 10_000;

    // A year: far beyond every bound, and whatever is added to it is still a time.
    private const long MaxTime = 31_536_000_000;

    private static TimeSpan Time(this JsonElement element, string name, long most) =>
        TimeSpan.FromMilliseconds(Math.Min(element.Number(name), most));

    private static LogPosition Position(JsonElement element) =>
        element.Number("position") is > 0 and var position ? new(position) : throw Malformed("position");

    private static RevocationState State(JsonElement element) => new(
        Slot(element, "end", "before"),
        Slot(element, "renew", "before"),
        Slot(element, "reauthenticate", "before"),
        Slot(element, "block", "until"),
        element.Number("remember_until"));

    // A slot is an object, and nothing else in the entry of a state is.
    private static bool HasUnknownEffect(JsonElement element) => element.EnumerateObject()
        .Any(member => member.Value.ValueKind is JsonValueKind.Object
            && member.Name is not ("end" or "renew" or "reauthenticate" or "block"));

    private static Slot Slot(JsonElement element, string name, string second)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null)
        {
            return default;
        }

        var slot = element.Member(name, JsonValueKind.Object);
        return slot.Number("by") > 0 ? new(new(slot.Number("by")), slot.Number(second)) : throw Malformed(name);
    }

    private static LogEntryKind KindOf(string? kind) => kind switch
    {
        "state" => LogEntryKind.State,
        "issuer" => LogEntryKind.Issuer,
        "key" => LogEntryKind.Key,
        "mark" => LogEntryKind.Mark,
        null => throw Malformed("kind"),
        _ => LogEntryKind.Unknown,
    };

    private static FeedException Malformed(string what) => new($"The feed's answer is malformed: {what}.");
}
