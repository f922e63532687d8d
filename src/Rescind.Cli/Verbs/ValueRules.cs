using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>What the values of arguments and options must be. A wrong one ends with <see cref="ExitCode.Usage"/> before anything is sent.</summary>
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

    public static TOption MustBeUrl<TOption>(this TOption option)
        where TOption : Option => option.MustBe(UrlWords, IsUrl);

    public static Argument<string> MustBeUrl(this Argument<string> argument) => argument.MustBe(UrlWords, IsUrl);

    public static TOption MustBeIn<TOption>(this TOption option, int least, int most)
        where TOption : Option => option.MustBe(
            most == int.MaxValue ? $"a whole number from {least}" : $"a whole number from {least} to {most}",
            text => int.TryParse(text, out var number) && number >= least && number <= most);

    /// <summary>A length of time from <paramref name="leastSeconds"/> to <paramref name="mostSeconds"/>.</summary>
    public static TOption MustBeLength<TOption>(this TOption option, long leastSeconds = 0, long mostSeconds = long.MaxValue)
        where TOption : Option => option.MustBe(
            mostSeconds == long.MaxValue ? $"a length of time of at least {leastSeconds} s, as 90s, 15m, 2h or 7d"
                : $"a length of time from {leastSeconds} s to {Words.Length(TimeSpan.FromSeconds(mostSeconds))}, as 90s, 15m, 2h or 7d",
            text => Lengths.TryParse(text, out var length) && length.TotalSeconds >= leastSeconds && length.TotalSeconds <= mostSeconds);

    private const string UrlWords = "an absolute http or https URL";

    private static readonly string TextWords = $"1 to {Match.MaxValueBytes} bytes of text";

    private static bool IsUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "https" or "http" && Uri.IsWellFormedUriString(text, UriKind.Absolute);

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
