using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Feeding;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Http.Routes.Feed;

/// <summary>Which part of the remembered verifiers a query string asks for.</summary>
/// <param name="After">The name, client and instance of the last verifier of the page before; null for the first page.</param>
/// <param name="Limit">The most verifiers of the page.</param>
internal sealed record VerifierPaging(IReadOnlyList<string>? After, int Limit)
{
    /// <summary>The most verifiers of one page, which is also the default.</summary>
    public const int MaxLimit = 1000;

    public static Result<VerifierPaging> Read(HttpRequest request)
    {
        var read = StrictQuery.Read(request);
        if (!read.HasValue)
        {
            return Result<VerifierPaging>.Refused(read.Refusal);
        }

        long limit = MaxLimit;
        if (StrictQuery.ReadNumber(read.Value, "limit", (1, MaxLimit), ref limit) is { } refusal)
        {
            return Result<VerifierPaging>.Refused(refusal);
        }

        string[]? after = null;
        return read.Value["cursor"] is { } cursor && !TryReadCursor(cursor, out after)
            ? Result<VerifierPaging>.Refused(Errors.MalformedQuery.Refusal("cursor is not the next of an answer."))
            : Result<VerifierPaging>.Of(new(after, (int)limit));
    }

    /// <summary>The page of what is listed, and the cursor of the one after it; null if there is none.</summary>
    public (IReadOnlyList<ListedVerifier> Page, string? Next) Cut(IEnumerable<ListedVerifier> listed)
    {
        var (fill, page) = (new PageFill(Limit), new List<ListedVerifier>());
        foreach (var verifier in listed.Where(verifier => After is null || IsAfter(verifier.Row, After)))
        {
            if (!fill.TryAdd(JsonLength.Of(verifier.Row)))
            {
                return (page, CursorOf(page[^1].Row));
            }

            page.Add(verifier);
        }

        return (page, null);
    }

    private static bool IsAfter(StoredVerifier row, IReadOnlyList<string> last) =>
        PlaceOf(row).Zip(last, static (mine, other) => string.CompareOrdinal(mine, other)).FirstOrDefault(
            static order => order != 0) > 0;

    private static string[] PlaceOf(StoredVerifier row) => [row.Name, row.ClientId, row.Instance];

    private static string CursorOf(StoredVerifier row) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(PlaceOf(row), VerifierJson.Default.StringArray));

    private static bool TryReadCursor(string cursor, [NotNullWhen(true)] out string[]? place)
    {
        try
        {
            place = JsonSerializer.Deserialize(Base64Url.DecodeFromChars(cursor), VerifierJson.Default.StringArray);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            place = null;
        }

        return place is [not null, not null, not null];
    }
}
