// Keys and signatures that were made once: signing is random for most algorithms. Nobody kept the private halves.
export const keys = {
  rsa: {
    kty: 'RSA',
    n: 'uNpkjlI2w3DPTTziSDT-DMHotUg9AxmZG12kI_7dLjrYo-6DEBfTG0C_c-EtpNqd9vXVZP0mfLQ7v6HZcH8QSFMpACQAKAidg3tSuJ4raxNYig'
      + 'b8j6jDeSUsNXR16CCYwwFC8LNHX3oW4KlGfNTpjyQhlOO7U5c9sCy5wywTLqClLGXy0k-r96PMx4bbCkEh08ydbwqrC_D01E1QO-GL_Es5dfJM'
      + '_wiuvYyOvr6Ibc9FY-2wp_wNmADhJsSYcRKHflli_cn4gO9xExhsEl5FKEgWtpGpFEU3Up4TwGjbMeUR9DGzHWtGddeHrTmHWA8V4Fo8HrxG0L'
      + 'xBAlZP5zdnLw',
    e: 'AQAB',
  },
  rsa2047: {
    kty: 'RSA',
    n: 'W2nZYoDudZVrRzxl5DrpuxDqpSvO6tPMwymJQF3fgEUh-GBfUQUECeUt8Cx5v5Oe5cDv9_H7sQtepi7ACdgDiqmHzaXF412rzM6UDc6WOPypmq'
      + 'nOO4IOnybeI-AgkAyVjTfnBVCbfaprHVQ1NS5mXe-OehuqIqZPWamqLqN12F7lGEH25td7B0gFajVDSfmzFj12jAWkQDKFnNhzC8u4LIYgEORa'
      + 'igsL1qmGqfxDW71xhwkGfkGXKRgZTW9tG8g3b3B-9Luo5L67QvlHaSIAf2d1dqzeyuJrm4owsxDRXx8iIbuVw9VdTO7ehRWRF506qyqL9T__P_'
      + 'FkubvePFQ5NQ',
    e: 'AQAB',
  },
  rsa1024: {
    kty: 'RSA',
    n: 'qbGVvLZ-pZvxl3EJfjmjxQhJwjPQJC73HkvJXFTj11_sLDevOqHXqJx8BnaNL95aCyr2JAKJBQ14kfIyTJfHfKro95ixsKlVexD_dQXhgcTFR1'
      + 'HZSJV_-DWcVJROFdLSRzMV_dy3joVLcbF80sjIM0rLoDVpCOCZL2KCi4LZH_8',
    e: 'AQAB',
  },
  other_rsa: {
    kty: 'RSA',
    n: 'wL1b9Gmjr2zX3saEwgKP-paWnBIJuAkTOsrh8kvGjO4KUa8xK5bsRVaYw7nwRwLJ2VySqhNvgBRbnjouLau-1JjuX4VPuYAz69iDEjYqFpF3cQ'
      + 'zJ5JqeMkqoh-fi9g5a7L9O7Lt5Dcb58vFG_ZQD1yKn8yDmOzMSs8pUP61Anhr9euBvGoj4LV5eoCCXVvusfQzQdnNSHKrj9jrWUgRkZ8nXa3jr'
      + 'DyYqwp_5YJwTyBj86IPxUvPiEdx06q377V83GSd7AKLZEL9FvoEYg-W7jdDxTgMmyGvuyk8LYuDPV_JQswifDSmhOpBDCN-5iXfLH7uw9V88si'
      + '9BEisf0WVKFw',
    e: 'AQAB',
  },
  p256: {
    kty: 'EC',
    x: 'jzhJvDrBIw9joPEYHD6nhYac4f5ZEjXoSRyCi7pjfVI',
    y: 'aPYz9xBt9h6L2_2bVn8Hb_61o_2ZWNxwf6-ycrUnlkc',
    crv: 'P-256',
  },
  p384: {
    kty: 'EC',
    x: 'komaEPr_IEU9ZY7BHDb5n-Py50ewruRW7GJtwjEM6y-Z8adVhwyubm0U99_zQo9f',
    y: 'qxbxAlDBdaEI5yg7WOPiFs2cMSZLbPm6jGE_IjQjjH4a77bTmCP7Dg52NdAlewtk',
    crv: 'P-384',
  },
  p521: {
    kty: 'EC',
    x: 'AI850vuYnZLvMkSgbb5Gp7dM_BYd7MHmnTObL0k7dr7ZuADWdiVBAPbqA2_DV-eLVyg5m__rRYLGT5riCJN_FNXc',
    y: 'AbayzvP3q4P1MsMa1IrIzU3GJtBlIEnreRyAA0ln6Rw73KR7Oyvs7OGrehYe88eLn3le6ytknKElV01kHaENr89u',
    crv: 'P-521',
  },
  k256: {
    kty: 'EC',
    x: 'MvI_iWomm8yaGFg1OzV11xfT8gz6yHEBdLdRk0pc49Q',
    y: 'rk-a8RMwQaAKqnvcRf9S995fCWK_wESoWVerDZ4VQuM',
    crv: 'secp256k1',
  },
  ed25519: {
    crv: 'Ed25519',
    x: 'C-NyjlE3fREHGnHz5_FtVgEstd7QJVL5NMCDclQzL4E',
    kty: 'OKP',
  },
};

export const signatures = {
  RS256: 'UTWkXf86-LaD9WFD8NN_ncCzohXmNt77tJ_f2C6of6gYClZ9fP9_EhCkrvCIRgLRLHvGW_IrbQ_CK2M5dKMTkMOYqmes4mSYHVGWhYxiF_D1QB'
    + 'LxiWVM_cmzZ_gXzRzuYziD5HbQLlildItRXeVZ5liFN5-3V-9BZvnbAGn4tsNgV0RNbQ48jkWh32Nxy92dxvxOfjS6ZPVJw96cT6xDActTpEf2'
    + 'zL5Ds36IfUl3CJPpkojUaPpFIhFk4GT1u7K_ASbNVkwqppQDPlv0gpr-iL2eHMWiitNPODHn8QAbBeOC3MQ_BxIwef0ecMIZ9zn9RcXjbBaFf0'
    + 'vYtT7xb0tuew',
  RS384: 'oSPJXVLHRFFklc1siBLLD2zE4mwNGtZssSMRFm-i_vG065DbeiK9QMQWlbBOVkrObk2A05dIyKIksiRIUIdG6R6zEkTPYH2XNw1J4Ms5GYMt31'
    + 'pxgtRyuZkWmk233PtLekSocElvoqVRSbwlsaRFme-F7RNzS91K5P7tbYz9k2lLB8QAC3PnSqq1VYjGeTaJbeD2GI7YaZYFit_CJNZLc1vsLVIT'
    + 'hfnrK7mT9QbRA5SCheXW_ujuQq7XHWitl7irk7sg7yZ6FoGi90yxRW2ihotuKpunwCmk_14-ttpz3hC84jAHm8Q7wuOAlfiC1VK6lr2Cy7aTQx'
    + 'VENkIL_73bJQ',
  RS512: 'YrIn8b79b9DhBj0Cy4svMR4uqfQIjckXuOTQUXGKK6CezAlHUL_wQ-pxLQ67QCWlE-Z3PYJ8-jC0QVt2JH6Y_lt4NN35WbwoIQ0LpFNAXRpg0a'
    + 'RRy1fRIGROqNMvErwUMyz6oFcvMMeTFD7WIa4CYrddfcC8XX5c-cnk1SZj2suivz6EMvZVy-y7fasH0ZBraTuEky5c3skWaqXmZk0BNVDL2tio'
    + '4ZetecFgp1A07YuUSTB04S1l655s6d9XgkYSXLQTBWMzzQz_Bmcn_b7MU9LSSx4O0DXBE8A1v9PUqEoLPa317OD_kuNBNKVTQM7qBOAGAorJRM'
    + 'nW4VVJmzcAYw',
  PS256: 'BEoRwpQCvSWn_LFFAXwrAkKKTxMvFxlMgZaRs-if4OxUDJI4dBsD9G8zcxDuOly6oFNyCGxKmwDI2OLa9U4FJ5AMfT6HFDIUbigs00WNPpE8as'
    + 'JTK772Cy6wnVknoS6W1yAGraXZz6PPD4M4c6BXaJ-MiT20bLIyGx6SXg-uH0F91m8Ah8iBgxZyU5F-8sbFY3Sbd_VwTJEI4K2Pm4A6xEPtqxLO'
    + 'XxK0i9yTk-YlZRRbxTErGSopxs_5ZUSKet9zgo7jhhSkMG8VSAD8WJ-IR4jr-SNl9w7HU3Pao-LmzQUK0_r3WzR-TWv-N8GJj2GBIZXlmjJe8r'
    + 'leTc9N9ZcfDg',
  PS384: 'lsdZX-NbVDe9-Dy_NqgynK3eB1B0ZAtX58YTEjP5IC4V8zztmbnB07HYCqUtuG3u1raDR5e_AP1ptDe9Qla9TP0RufDDTzoMn4uOFEmpyjpSbA'
    + 'rd812BP6Tb4_asagObW-52MBphnzWPsTZ9YvDaVk3_539emFNO1pIqOr2bskdOWTS1XeH930f3OGEdUSEk5OIuFNcmlIp7eI242ZBSzkIlgGo8'
    + '42i4RfOsst8H46j-Jeeve123nyc_z5x-yxDuQuxyXJGCQ7GTevAuMVaroSZfwXwVZDoVsbYykdwMiATj67jOKFY9WNcG6paIeDGLFZPxlZoDmp'
    + 'MqFAIEvUXhZg',
  PS512: 'Fd79XKDWRTFf9mfOjLHWB_bzrcuXj9uYoZ7MGcjk4mqNQeNzPgmWVMIA6zosw4-Kr5ECYdxJ2ajhtI2WS7_wzZkFIluRJljW93rbj329ACviG-'
    + 'UnGB24uHMVQp-dg8eu743el6435TejYUPQ6nwhqJVsZ-L1hz4voPWeax5gzK3umtfazOhtFvsHcpNsHypBuA4HCaDpysfp1ySb0fF9Bk6Tjb1h'
    + 'YsZlO8Ct1GszliCD3w4dgEp-jn-9e4g5QqvhksR319Zf17ZSUHgR419sCMpl1LAHcFNS6LMhF6wZkzmMsLoG6UQAHV2niRCJJm9lFNJYjLg6n1'
    + 'rZA_CyLbB3hQ',
  RS256_2047: 'KP2vW5FIsVJyh048-dTtYDbbF4LelLOJGZB_e24GjpbjO-ziWlShEIsZXWVh31LPTb9aLKVJl-IF8u2o_9tmVnkqB7i5QDzhfWGWsEkD3BT8iO'
    + 'j8uWE_YHC1RuzOrCezMh65RuAXE2FpSVA5rZ8zAt2jjsoPdqo-aUi3FBBxvmkRnmTmbrdN7uV4bww3PZbKexwlCSfvMkMAvgsrM_KH0zz4YupS'
    + 'bRUAgUFy_v5zMBbThMbUoQRaGiHzbQ8Cx9Jxy-hX9GhVi9WVVx-0qwzOwgMyIsaHVHucIT07Db5F_dJpbK2gsDauxGhXdP31etVmJTEiw_cGMc'
    + 'xIAXYSJU1o6Q',
  PS256_2047: 'TAnpFvqTe9qRMaoG_KPKIHd4mU6ZToadhg7A6UAAlFBYvkZ9a1BiZCsW-ddrsavNByslaZlLhspbHUBbPcPjPBfaWPt-HewrqiEOp01lIXEYGu'
    + 'KWbnxZjrL9TwiZreMmjh5f5vAeRAFdRoD5Ely8VLS5_XND6xirtzJ_2h10vwMcvqMocOIGRQFimtu4Ei88juh2bHDI2XZWmsF67jYHSvGPrMjk'
    + 'mnvkxM3GUYcH8gnMQIjjcbgtiwc9Wdw85r0jymjdCzNIWAEwfJvWiZOW7sOlrofzTEFfwfRCVY525t994PiCpgOVN0VzxSF1fW0hzcT8l9nrmL'
    + '2XDe8IivpcBQ',
  RS256_1024: 'WRTAi9NSOOgPMc5YZCbgrR8F43PgZYoMkQ-qDBF9kuQP-1YPLtlrVqLo4QJg6ExaRcaLLyTcWQpewSeDYd5HhmlSnOfSUssjjA4P2tScVadbVg'
    + 'sdK4r-xuJPVq3Wk_eZmODpyVCQblVAgY5f2Q8yFW2Tx92E02QIpStc2FAAfIU',
  ES256: 'ifIxG_gA080yBNgQL7_T5M4StMwjQl0AnSJzz_p7vliyostNWcXIW9r1TVHl7A6AuYTZRTxzjSMuaKEE2J_QpA',
  ES384: 'YuneWnXATOrp_cFua1_4oA89Zrl8qtpX8-UueaEAd12FzC_K_l_PCZi-lItbQJpeUogl_v2LCIv0lrVd4aHghY_ccPlLmg_UcHRRmArisa4bs9'
    + '7Ac-x-9XZWovWjqq23',
  ES512: 'AJNrkeStraCyOxB0lPvNxdIhuHCd1uuruynxK1kC8SBlxIAb99RoURDTUKc1_dBPHG4R0ZGgJln1zv-k7faDwecSANR8MbS9YMlQF0b5Gs4JLH'
    + 'lKVBvM0-wTErd-XXbY_mn_bsllCaFzPgbJxCxmQZJwvVedbBiKo7CUbQ3lgIpbsiIK',
  ES384_p256: 'lqsX2-qog4Kg3P9fJ1WnU3tA_QzUgIf3Qu4lh_2xbHOAhVjqwcKkPxP2QfS-tgAW4ti3nRHenjeZSjeZwWFJXw',
  ES256K: 'BBmmo2zd8cjdYLoYDlSYZtSBvIXl_RtwDnwcBZp6DYvgFmS9mRuiJGZtItzGXdG_46WwX9rHvigvbZnX0KMMow',
  ES256_k256: 'xIJr2Cabq4r5rkP62kIESKdLp127U5Z449pdaIMlhbk98h_CtFtenY74_GyZM0muh27vCZLWf3hi968_AIjwlQ',
  EdDSA: '9r-NRdDlA4A-LIDO8u7_2zlFcgSmgdB8SkwmAX2VN3ja_GeDnPgJfF_i4m5rdcNw2dN1j8zjK7Z0OTx-aCMlDw',
};
