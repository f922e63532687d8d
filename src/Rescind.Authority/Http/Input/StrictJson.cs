using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Syntax;

namespace Rescind.Authority.Http.Input;

/// <summary>
/// The one reader of JSON bodies. The framework's own binding takes duplicate, unknown and missing members and answers without a
/// code, so it is used nowhere. Contexts given to it set <c>AllowDuplicateProperties = false</c>,
/// <c>UnmappedMemberHandling = Disallow</c>, <c>RespectNullableAnnotations</c> and
/// <c>RespectRequiredConstructorParameters</c>: the deserializer is the last gate, not the only one.
/// </summary>
internal static class StrictJson
{
    /// <summary>The body as <typeparamref name="T"/>, or the 400, 413 or 415 that refuses it.</summary>
    public static async ValueTask<Result<T>> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type)
        where T : class
    {
        if (!MediaTypes.IsJson(request))
        {
            return Result<T>.Refused(Errors.NotJson.Refusal());
        }

        return await RequestBody.ReadAsync(request).ConfigureAwait(false) is { } body
            ? Read(body, type)
            : Result<T>.Refused(Errors.BodyTooLarge.Refusal());
    }

    internal static Result<T> Read<T>(ReadOnlyMemory<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        if (JsonSyntax.Check(body.Span) is { } malformed)
        {
            return Result<T>.Refused(malformed);
        }

        using var document = JsonDocument.Parse(body);
        if (JsonShape.Check(document.RootElement, type, "$") is { } misshapen)
        {
            return Result<T>.Refused(misshapen);
        }

        try
        {
            return document.RootElement.Deserialize(type) is { } value
                ? Result<T>.Of(value)
                : Result<T>.Refused(Errors.MemberType.Refusal("$ is null."));
        }
        catch (JsonException e)
        {
            return Result<T>.Refused(
                Errors.MemberType.Refusal($"{e.Path ?? "$"} has a value of the wrong type or out of range."));
        }
    }
}
