using System.Text.RegularExpressions;

namespace Rescind.Tidy;

/// <summary>One rule of the house: what it finds in a set of files, and what to do about it.</summary>
internal sealed record Rule(string WhatToDo, Func<IReadOnlyList<SourceFile>, IEnumerable<Finding>> Find)
{
    /// <summary>A rule about each file by itself.</summary>
    public static Rule OfFile(string whatToDo, Func<SourceFile, bool> applies, Func<SourceFile, IEnumerable<Finding>> find) =>
        new(whatToDo, files => files.Where(applies).SelectMany(find));

    /// <summary>A rule that no line of the files may match <paramref name="pattern"/>.</summary>
    public static Rule OfLine(
        string whatToDo, Func<SourceFile, bool> applies, string pattern, RegexOptions options = RegexOptions.None)
    {
        var regex = new Regex(pattern, options | RegexOptions.CultureInvariant);
        return OfFile(whatToDo, applies, file => file.Lines.Index()
            .Where(line => regex.IsMatch(line.Item))
            .Select(line => file.At(line.Index, regex.Match(line.Item).Value.Trim())));
    }

    /// <summary>Fails with every finding of the tree.</summary>
    public void Holds()
    {
        var findings = Find(Tree.Files).ToList();
        if (findings.Count > 0)
        {
            Assert.Fail($"{WhatToDo}\n{string.Join('\n', findings)}");
        }
    }

    /// <summary>Whether the rule sees something in one file with this text.</summary>
    public bool Notices(string path, string text) => Find([new(path, text)]).Any();
}
