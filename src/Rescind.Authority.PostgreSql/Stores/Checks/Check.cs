namespace Rescind.Authority.PostgreSql.Stores.Checks;

/// <summary>Something that the store relies on.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Promise">What must hold.</param>
/// <param name="FindFault">Tries it: what was seen instead, or null.</param>
internal sealed record Check(string Name, string Promise, Func<CheckPlace, Task<string?>> FindFault);
