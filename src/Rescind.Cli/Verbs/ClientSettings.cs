using System.Text.Encodings.Web;
using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// The settings of a program that calls as a client, under the names that a verifier reads: for its environment, and for its
/// <c>appsettings.json</c>. They hold the secret.
/// </summary>
internal sealed class ClientSettings
{
    private const string Section = "Rescind";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly List<(string Key, string Value)> _values;

    private ClientSettings(List<(string Key, string Value)> values) => _values = values;

    /// <summary>
    /// Of a record that came with a new secret; null without one. <paramref name="audience"/> is null where it is not
    /// for this program to say.
    /// </summary>
    public static ClientSettings? Of(JsonObject record, Uri authority, string? audience)
    {
        if (record["client_secret"].AsText() is not { } secret)
        {
            return null;
        }

        (string Key, string? Value)[] values =
        [
            ("Authority", authority.AbsoluteUri.TrimEnd('/')), ("Audience", audience), ("ClientId", record["client_id"].AsText()),
            ("ClientSecret", secret),
        ];
        return new([.. values.Where(value => value.Value is not null).Select(value => (value.Key, value.Value!))]);
    }

    /// <summary>Both forms: <c>environment</c> by the variables' names, <c>appsettings</c> as the file has it.</summary>
    public JsonObject ToJson() => new()
    {
        ["environment"] = new JsonObject(
            _values.Select(value => KeyValuePair.Create($"{Section}__{value.Key}", (JsonNode?)value.Value))),
        ["appsettings"] = ForFile(),
    };

    /// <summary>Both forms, as they are pasted into a shell and a file.</summary>
    public void Show(Screen screen)
    {
        screen.Line();
        screen.Line("Its settings as environment variables:");
        screen.Line();
        foreach (var (key, value) in _values)
        {
            Screen.Verbatim($"export {Section}__{key}={Quoted(value)}");
        }

        screen.Line();
        screen.Line("or in appsettings.json:");
        screen.Line();
        Screen.Verbatim(ForFile().ToJsonString(Indented));
        screen.Line();
    }

    private JsonObject ForFile() => new()
    {
        [Section] = new JsonObject(_values.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)value.Value))),
    };

    private static string Quoted(string value) =>
        value.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_' or '~' or ':' or '/')
            ? value
            : $"'{value.Replace("'", """'\''""")}'";
}
