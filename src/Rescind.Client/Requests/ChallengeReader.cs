using System.Buffers;
using System.Text;

namespace Rescind.Client.Requests;

/// <summary>
/// Reads one WWW-Authenticate line from left to right. Two commas may stand for one: empty elements of a list are allowed.
/// </summary>
internal sealed class ChallengeReader(string line)
{
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> Token68Characters =
        SearchValues.Create("-._~+/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private readonly List<Challenge> _challenges = [];
    private int _at;

    private bool IsAtEnd => _at == line.Length;

    public bool TryRead(out IReadOnlyList<Challenge> challenges)
    {
        challenges = _challenges;
        SkipBlanksAndCommas();
        while (!IsAtEnd)
        {
            if (!TryReadElement())
            {
                return false;
            }

            SkipBlanks();
            if (!IsAtEnd && line[_at] != ',')
            {
                return false;
            }

            SkipBlanksAndCommas();
        }

        return true;
    }

    /// <summary>
    /// Either a further parameter of the challenge before, or a new challenge with the first of its parameters.
    /// </summary>
    private bool TryReadElement()
    {
        var name = ReadRun(TokenCharacters);
        if (name.Length == 0)
        {
            return false;
        }

        if (TryReadValue(out var value))
        {
            return _challenges.Count > 0 && value is not null && _challenges[^1].TryAdd(name, value);
        }

        var challenge = new Challenge(name);
        _challenges.Add(challenge);
        if (IsAtEnd || line[_at] == ',')
        {
            return true;
        }

        return SkipBlanks() > 0 && (IsAtEnd || line[_at] == ',' || TryReadFirst(challenge));
    }

    private bool TryReadFirst(Challenge challenge)
    {
        var start = _at;
        var name = ReadRun(TokenCharacters);
        if (name.Length > 0 && TryReadValue(out var value) && value is not null)
        {
            return challenge.TryAdd(name, value);
        }

        _at = start;
        return TryReadToken68();
    }

    private bool TryReadToken68()
    {
        if (ReadRun(Token68Characters).Length == 0)
        {
            return false;
        }

        while (!IsAtEnd && line[_at] == '=')
        {
            _at++;
        }

        return true;
    }

    /// <summary>
    /// An equals sign and a value, with blanks around the sign. True with null: there is a sign, and no value behind it.
    /// </summary>
    private bool TryReadValue(out string? value)
    {
        var start = _at;
        SkipBlanks();
        if (IsAtEnd || line[_at] != '=')
        {
            (_at, value) = (start, null);
            return false;
        }

        _at++;
        SkipBlanks();
        value = !IsAtEnd && line[_at] == '"' ? ReadQuoted() : ReadRun(TokenCharacters);
        value = value is "" && line[_at - 1] != '"' ? null : value;
        return true;
    }

    private string? ReadQuoted()
    {
        var text = new StringBuilder();
        for (_at++; !IsAtEnd; _at++)
        {
            switch (line[_at])
            {
                case '"':
                    _at++;
                    return text.ToString();
                case '\\' when _at + 1 < line.Length:
                    text.Append(line[++_at]);
                    break;
                case var c when c is '\t' or (>= ' ' and not '\x7f'):
                    text.Append(c);
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    private string ReadRun(SearchValues<char> characters)
    {
        var rest = line.AsSpan(_at);
        var length = rest.IndexOfAnyExcept(characters);
        var run = length < 0 ? rest : rest[..length];
        _at += run.Length;
        return run.ToString();
    }

    private int SkipBlanks()
    {
        var start = _at;
        while (!IsAtEnd && line[_at] is ' ' or '\t')
        {
            _at++;
        }

        return _at - start;
    }

    private void SkipBlanksAndCommas()
    {
        while (!IsAtEnd && line[_at] is ' ' or '\t' or ',')
        {
            _at++;
        }
    }
}
