print("densekit")
