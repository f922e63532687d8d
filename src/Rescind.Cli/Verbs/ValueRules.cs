using System.CommandLine.Parsing;
using System.Text;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// What the values of arguments and options must be. A wrong one ends with <see cref="ExitCode.Usage"/> before anything is sent.
/// </summary>
internal static class ValueRules
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Each value of the option must be <paramref name="what"/>, in words that follow "must be".</summary>
    public static TOption MustBe<TOption>(this TOption option, string what, Func<string, bool> holds)
        where TOption : Option
    {
        option.Validators.Add(result => Check(result, option.Name, what, holds));
        return option;
    }

    /// <summary>The argument must be <paramref name="what"/>, in words that follow "must be".</summary>
    public static Argument<string> MustBe(this Argument<string> argument, string what, Func<string, bool> holds)
    {
        argument.Validators.Add(result => Check(result, argument.Name, what, holds));
        return argument;
    }

    /// <summary>A name or value as tokens carry it.</summary>
    public static Argument<string> MustBeText(this Argument<string> argument) => argument.MustBe(TextWords, IsText);

    /// <summary>A name or value as tokens carry it.</summary>
    public static TOption MustBeText<TOption>(this TOption option)
        where TOption : Option => option.MustBe(TextWords, IsText);

    /// <summary>A URL of at most 512 characters, as the records of clients and issuers hold it.</summary>
    public static TOption MustBeUrl<TOption>(this TOption option, bool mayBeEmpty = false)
        where TOption : Option => option.MustBe(UrlWords, text => (mayBeEmpty && text.Length == 0) || IsUrl(text));

    /// <summary>The URL of an issuer, in the spelling of its tokens.</summary>
    public static TOption MustBeIssuer<TOption>(this TOption option)
        where TOption : Option => option.MustBe(IssuerWords, IsIssuer);

    /// <summary>The URL of an issuer, in the spelling of its tokens.</summary>
    public static Argument<string> MustBeIssuer(this Argument<string> argument) => argument.MustBe(IssuerWords, IsIssuer);

    /// <summary>
    /// The id of a session of the Authority: it is a segment of a path, where "." and ".." would name something else.
    /// </summary>
    public static Argument<string> MustBeSessionId(this Argument<string> argument) =>
        argument.MustBe("the id of a session", text => IsText(text) && text is not ("." or ".."));

    /// <summary>A token, an id, or what stands for standard input.</summary>
    public static Argument<string> MustNotBeEmpty(this Argument<string> argument, string what) =>
        argument.MustBe($"{what}, and not empty", static text => text.Trim().Length > 0);

    /// <summary>One of <paramref name="values"/>.</summary>
    public static TOption MustBeOneOf<TOption>(this TOption option, params IReadOnlyList<string> values)
        where TOption : Option
    {
        option.CompletionSources.Add([.. values]);
        return option.MustBe(
            values.Count == 1 ? values[0] : $"one of {string.Join(", ", values)}", text => values.Contains(text));
    }

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static Option<int> MustBeIn(this Option<int> option, int least, int most)
    {
        option.CustomParser = result => Number(result, option.Name, least, most);
        return option;
    }

    /// <summary>A whole number from <paramref name="least"/> on.</summary>
    public static Option<int?> MustBeFrom(this Option<int?> option, int least)
    {
        option.CustomParser = result => Number(result, option.Name, least, int.MaxValue);
        return option;
    }

    /// <summary>A length of time from <paramref name="leastSeconds"/> to <paramref name="mostSeconds"/>.</summary>
    public static TOption MustBeLength<TOption>(this TOption option, long leastSeconds = 0, long mostSeconds = long.MaxValue)
        where TOption : Option => option.MustBe(
            mostSeconds == long.MaxValue ? $"a length of time of at least {leastSeconds} s, as 90s, 15m, 2h or 7d"
                : $"a length of time from {leastSeconds} s to {TimeText.Length(TimeSpan.FromSeconds(mostSeconds))}, as "
                    + "90s, 15m, 2h or 7d",
            text => Lengths.TryParse(text, out var length) && length.TotalSeconds >= leastSeconds
                && length.TotalSeconds <= mostSeconds);

    private const int LongestUrl = 512;

    private const string UrlWords = "an absolute http or https URL of at most 512 characters, without user and fragment";

    private const string IssuerWords = UrlWords + " and without query";

    private static readonly string TextWords = $"1 to {Match.MaxValueBytes} bytes of text";

    private static bool IsUrl(string text) =>
        text.Length <= LongestUrl && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "https" or "http"
        && url.UserInfo.Length == 0 && url.Fragment.Length == 0;

    private static bool IsIssuer(string text) => IsUrl(text) && !text.Contains('?');

    private static int Number(ArgumentResult result, string name, int least, int most)
    {
        if (int.TryParse(result.Tokens[^1].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most)
        {
            return number;
        }

        result.AddError($"{name} must be a whole number from {least}{(most == int.MaxValue ? "" : $" to {most}")}.");
        return default;
    }

    private static bool IsText(string text)
    {
        try
        {
            return StrictUtf8.GetByteCount(text) is > 0 and <= Match.MaxValueBytes;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    private static void Check(SymbolResult result, string name, string what, Func<string, bool> holds)
    {
        if (result.Tokens.Any(token => !holds(token.Value)))
        {
            result.AddError($"{name} must be {what}.");
        }
    }
}
