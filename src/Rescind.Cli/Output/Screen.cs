using System.Text;
using System.Text.Encodings.Web;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Rescind.Cli.Output;

/// <summary>
/// Where a verb writes. Results go to standard output, everything else to standard error. With <c>--json</c> standard output
/// holds JSON alone, one document or one per line; colour and live views are for a terminal without <c>NO_COLOR</c>.
/// </summary>
internal sealed class Screen
{
    private const int PipedWidth = 400;

    // Text for terminals and logs, not for HTML: quotes and letters stay readable, control characters are still escaped.
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lazy<IAnsiConsole> _console;

    public Screen(bool json)
    {
        IsJson = json;
        IsLive = !json && !Surroundings.IsOutputRedirected && !IsNoColor;
        _console = new(() => CreateConsole(Surroundings.Out, IsLive, Surroundings.IsOutputRedirected));
    }

    /// <summary>Whether the reader is a program.</summary>
    public bool IsJson { get; }

    /// <summary>Whether lines may move and have colours.</summary>
    public bool IsLive { get; }

    /// <summary>Standard output for people; escape what comes from elsewhere with <see cref="Plain"/>.</summary>
    public IAnsiConsole Ansi => _console.Value;

    private static bool IsNoColor => !string.IsNullOrEmpty(Surroundings.Variable("NO_COLOR"));

    /// <summary>
    /// Text from a token, a person or a server as it may stand on a screen: on one line, not longer than
    /// <paramref name="limit"/>, and without control or direction characters, which could move the cursor or turn the
    /// line around.
    /// </summary>
    public static string Clean(string text, int limit = 300)
    {
        var clean = new StringBuilder(Math.Min(text.Length, limit + 1));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length >= limit)
            {
                return clean.Append('…').ToString();
            }

            clean.Append(IsVisible(rune) ? rune.ToString() : "\uFFFD");
        }

        return clean.ToString();
    }

    /// <summary><see cref="Clean"/> text as Spectre markup.</summary>
    public static string Plain(string? text) => Markup.Escape(Clean(text ?? "-"));

    /// <summary>One JSON document on one line of standard output.</summary>
    public static void Document(JsonNode document) => Surroundings.Out.WriteLine(document.ToJsonString(Compact));

    /// <summary>
    /// Lines to be copied as they are: never wrapped or coloured. Of our own making, free of control characters.
    /// </summary>
    public static void Verbatim(string text) => Surroundings.Out.WriteLine(text);

    /// <summary>A line of markup for people.</summary>
    public void Line(string markup = "") => Ansi.MarkupLine(markup);

    /// <summary>A table or other view for people.</summary>
    public void Show(IRenderable view) => Ansi.Write(view);

    /// <summary>A remark on standard error: progress, warnings, next steps.</summary>
    public static void Note(string text) => Surroundings.Error.WriteLine(Clean(text, 2000));

    /// <summary>The end of a verb that failed, on standard error: a JSON object for programs, sentences for people.</summary>
    public void Failed(VerbFailure failure)
    {
        if (IsJson)
        {
            Surroundings.Error.WriteLine(new JsonObject
            {
                ["error"] = new JsonObject
                {
                    ["code"] = failure.Code, ["message"] = failure.Message, ["next"] = failure.Next, ["exit"] = (int)failure.Exit,
                },
            }.ToJsonString(Compact));
            return;
        }

        Note(failure.Code is null ? failure.Message : $"{failure.Code}  {failure.Message}");
        if (failure.Next is not null)
        {
            Note(failure.Next);
        }
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    private static IAnsiConsole CreateConsole(TextWriter writer, bool live, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = live ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = live ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = live ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (redirected)
        {
            console.Profile.Width = PipedWidth;
        }

        return console;
    }
}
