using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace Rescind.Authority.Endpoints;

/// <summary>What came of reading part of a request: a value, or the answer that refuses it.</summary>
internal readonly record struct Reading<T>
    where T : class
{
    private Reading(T? value, IResult? refusal)
    {
        Value = value;
        Refusal = refusal;
    }

    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool IsRead => Value is not null;

    public T? Value { get; }

    public IResult? Refusal { get; }

    public static Reading<T> Of(T value) => new(value, null);

    public static Reading<T> Refused(IResult refusal) => new(null, refusal);
}
