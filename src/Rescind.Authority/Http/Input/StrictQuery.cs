using Microsoft.AspNetCore.Http;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Http.Input;

/// <summary>The one reader of query strings: repeated parameters are refused, unknown ones ignored.</summary>
internal static class StrictQuery
{
    /// <summary>The parameters, or the 400 that refuses them.</summary>
    public static Result<UrlEncoded> Read(HttpRequest request)
    {
        var text = request.QueryString.Value is { Length: > 1 } query ? Encoding.UTF8.GetBytes(query, 1, query.Length - 1) : [];
        return UrlEncoded.TryRead(text, out var parameters, out var fault)
            ? Result<UrlEncoded>.Of(parameters)
            : Result<UrlEncoded>.Refused(Errors.MalformedQuery.Refusal(fault));
    }

    /// <summary>
    /// A whole number between two bounds; <paramref name="value"/> keeps its default if the parameter is omitted.
    /// </summary>
    public static Refusal? ReadNumber(UrlEncoded query, string name, (long Least, long Most) bounds, ref long value)
    {
        if (query[name] is not { } text)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= bounds.Least
            && value <= bounds.Most
            ? null
            : Errors.MalformedQuery.Refusal($"{name} is no whole number from {bounds.Least} to {bounds.Most}.");
    }
}
