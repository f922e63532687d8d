using Microsoft.Extensions.Configuration;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>How a verb that opens the data itself finds a database.</summary>
internal static class DatabaseOptions
{
    private const string Setting = "Rescind:ConnectionString";

    public static Option<string?> Store { get; } = new Option<string?>("--store")
    {
        Description = $"postgresql for the database of {Setting}, from the environment or the settings in the data folder; "
            + "or its URL: postgres://…",
        HelpName = "store",
    }.MustBe("postgresql, or a URL that begins with postgres://", static text => text == "postgresql" || IsUrl(text));

    /// <summary>Whether the data is in a database.</summary>
    public static bool IsDatabase(ParseResult parsed) => parsed.GetValue(Store) is not null;

    /// <summary>Whether it is a URL of PostgreSQL, as far as its scheme says.</summary>
    private static bool IsUrl(string text) => text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase)
        || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);

    /// <summary>The URL that was named, or what <see cref="ConfiguredOf"/> finds.</summary>
    public static string ConnectionStringOf(ParseResult parsed) =>
        parsed.GetValue(Store) is { } url && IsUrl(url) ? url : ConfiguredOf(parsed);

    /// <summary>The connection string that a server on the same folder would take.</summary>
    public static string ConfiguredOf(ParseResult parsed)
    {
        var folder = parsed.GetValue(ConnectionOptions.Data) ?? ConnectionOptions.DefaultFolder;
        var settings = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(Path.GetFullPath(folder), "appsettings.json"), optional: true)
            .AddEnvironmentVariables().Build();
        return settings[Setting] is { Length: > 0 } connectionString
            ? connectionString
            : throw new VerbFailure(ExitCode.Usage, $"{Setting} is not set.", next: "Set Rescind__ConnectionString.");
    }
}
