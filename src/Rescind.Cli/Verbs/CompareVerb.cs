using Rescind.Cli.Comparing;
using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// <c>rescind compare</c>: the ways to log somebody out, measured on this machine with the reader's own figures.
/// </summary>
internal static class CompareVerb
{
    private const int LongestLifetime = 24 * 3600;

    private static readonly Option<int> Users = Number("--users", "How many people are logged in.", 10_000, 100_000_000);
    private static readonly Option<int> Rate = Number("--requests-per-second", "How many requests the API gets.", 200, 5_000);
    private static readonly Option<int> Logouts =
        Number("--logouts-per-day", "How many people log out in a day.", 5_000, 100_000_000);

    private static readonly Option<string> Lifetime = new Option<string>("--token-lifetime")
    {
        Description = "How long an access token is good where nothing takes it back: 1 min to 1 day.", HelpName = "length",
        DefaultValueFactory = static _ => "1h",
    }.MustBeLength(60, LongestLifetime);

    private static readonly Option<string[]> Ways = new("--way")
    {
        Description = "Only this way; may be repeated.", HelpName = "way",
    };

    private static readonly Option<string[]> Stores = new Option<string[]>("--store")
    {
        Description = "Only this database for the ways that ask one; may be repeated: sqlite, postgresql, redis.",
        HelpName = "store",
    }.MustBeOneOf("sqlite", "postgresql", "redis");

    private static readonly Option<string?> Postgres = new("--postgres")
    {
        Description = "A PostgreSQL server to measure with: a connection string. The password may be in PGPASSWORD.",
        HelpName = "address",
    };

    private static readonly Option<string?> Redis = new("--redis")
    {
        Description = "A Redis server to measure with, as 127.0.0.1:6379.", HelpName = "address",
    };

    private static readonly Option<string?> Html = new("--html")
    {
        Description = "Write a report with plots to this file; it opens without a network.", HelpName = "file",
    };

    private static readonly Option<bool> Quick = new("--quick") { Description = "A fifth of the time, and rougher figures." };

    public static Command Create() =>
        new Command("compare", "Measure the ways to log somebody out, on this machine and with your figures, in three minutes.")
        {
            Users, Rate, Lifetime, Logouts, Stores, Postgres, Redis, Ways, Html, Quick,
        }.Calls(RunAsync);

    private static async Task RunAsync(VerbCall call)
    {
        var parsed = call.Parsed;
        RefuseStores(parsed);
        var report = ReportFile(parsed.GetValue(Html));
        var told = await new ComparisonProcess(call.Time, call.Cancellation).RunAsync(OptionsOf(parsed));
        if (told["result"] is not JsonObject result)
        {
            throw FailureOf(told);
        }

        if (report is not null)
        {
            await File.WriteAllTextAsync(report, told["html"].AsText(), call.Cancellation);
            Screen.Note($"The report is in {report}.");
        }

        call.Show(result.DeepClone(), () => CompareTable.Show(call.Screen, told));
    }

    // Named as in the options of the program that takes them.
    private static JsonObject OptionsOf(ParseResult parsed) => new()
    {
        ["Users"] = parsed.GetValue(Users), ["RequestsPerSecond"] = parsed.GetValue(Rate),
        ["LogoutsPerDay"] = parsed.GetValue(Logouts),
        ["TokenLifetime"] = $"{(Lengths.TryParse(parsed.GetRequiredValue(Lifetime), out var lifetime) ? lifetime : default)}",
        ["Ways"] = Bodies.ArrayOf(parsed.GetValue(Ways) ?? []), ["Stores"] = Bodies.ArrayOf(parsed.GetValue(Stores) ?? []),
        ["Postgres"] = parsed.GetValue(Postgres), ["Redis"] = parsed.GetValue(Redis),
        ["Effort"] = parsed.GetValue(Quick) ? 0.2 : 1, ["Program"] = Bodies.ArrayOf(Itself()),
    };

    private static VerbFailure FailureOf(JsonObject told)
    {
        var next = told["next"].AsText();
        var isUnavailable = told["is_unavailable"] is JsonValue value && value.TryGetValue(out bool known) && known;
        return new(
            isUnavailable ? ExitCode.Unavailable : next is null ? ExitCode.Refused : ExitCode.Usage,
            told["message"].AsText() ?? "The comparison has no result.", next: next);
    }

    private static void RefuseStores(ParseResult parsed)
    {
        foreach (var (store, address) in new[] { ("postgresql", Postgres), ("redis", Redis) })
        {
            if (parsed.GetValue(Stores)?.Contains(store) == true && parsed.GetValue(address) is null)
            {
                throw new VerbFailure(ExitCode.Usage, $"--store {store} needs the address of one.", next: $"Add {address.Name}.");
            }
        }
    }

    // Before three minutes are spent.
    private static string? ReportFile(string? name)
    {
        if (name is null)
        {
            return null;
        }

        var path = Path.GetFullPath(name);
        return File.Exists(path) || Directory.Exists(path) || !Directory.Exists(Path.GetDirectoryName(path))
            ? throw new VerbFailure(
                ExitCode.Usage, $"--html must be a new file in a folder that is there: {path} is not.",
                next: "Name another file.")
            : path;
    }

    private static string[] Itself() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) != "dotnet"
            ? [path] : [Environment.ProcessPath ?? "dotnet", typeof(CompareVerb).Assembly.Location];

    private static Option<int> Number(string name, string description, int usual, int most) => new Option<int>(name)
    {
        Description = description, DefaultValueFactory = _ => usual, HelpName = "number",
    }.MustBeIn(1, most);
}
