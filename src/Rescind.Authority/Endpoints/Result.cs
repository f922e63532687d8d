using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace Rescind.Authority.Endpoints;

/// <summary>A value, or the answer that refuses the request.</summary>
internal readonly record struct Result<T>
    where T : class
{
    private Result(T? value, IResult? refusal)
    {
        Value = value;
        Refusal = refusal;
    }

    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool HasValue => Value is not null;

    public T? Value { get; }

    public IResult? Refusal { get; }

    public static Result<T> Of(T value) => new(value, null);

    public static Result<T> Refused(IResult refusal) => new(null, refusal);
}
